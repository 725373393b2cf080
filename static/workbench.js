// The workbench: decides an item, shows the next one at once, and lets the server catch up behind it.
//
// Without this file every form on the page works by itself. With it the same addresses are asked with
// `HX-Request: true`, form-encoded, and answer fragments instead of pages:
//
// | address (read from)              | POST fields                                   | answer                                             |
// | -------------------------------- | --------------------------------------------- | -------------------------------------------------- |
// | decide (form action)             | the form, token, submission_id, hold*,        | 200 [data-part=saved] and [data-part=next];        |
// |                                  | action = decide, confirm, cannot_tell,        | 422 the item again, with errors;                   |
// |                                  | escalate or skip                              | 403, 404, 409 a problem fragment                   |
// | next (data-next-url)             | hold* = reviews already on the page           | 200 an item [data-item] or [data-none]             |
// | heartbeat (data-heartbeat-url)   | token                                         | 200 {"seconds": left}; 409 the lease is lost       |
// | draft (data-draft-url)           | the form, token                               | 204; 409 the lease is lost, the draft is kept      |
// | release (data-release-url)       | token, csrfmiddlewaretoken                    | 204                                                |
// | undo (form action in the strip)  | submission_id                                 | 200 the item again; 409 too late                   |
//
// A redirect, a 401, or a 403 without a problem fragment means: signed out. 429, 5xx and no answer mean: again
// later. A judgement is repeated with the same submission_id until the server has answered for it.
"use strict";

(() => {
  const root = document.querySelector("[data-workbench]");
  if (!root) return;
  const {
    makeStore, makeSender, makeLeases, makeDrafts, makeView, makeWords, makeDesk, bindKeys, decision, parseFragment, post,
  } = window.countersign;
  const LOOK_AGAIN_MS = 15000;
  const COUNTS = new Set(["decide", "confirm", "cannot_tell"]);

  const store = makeStore(root.dataset.person);
  const view = makeView(root);
  const words = makeWords({ view, signInUrl: root.dataset.signInUrl });
  const leases = makeLeases({ on: { lost: onLost } });
  const drafts = makeDrafts({ store, on: { lost: (element) => element === desk.current && onLost(element) } });
  const desk = makeDesk({ root, view, store, leases });
  const { isItem, formOf, heading } = desk;
  const sender = makeSender({
    store,
    held: (job) => desk.held().filter((review) => review !== job.review),
    on: {
      saved: onSaved,
      invalid: onInvalid,
      refused: onRefused,
      signedOut: (job) => words.signedOut(job, sender.run),
      waiting: (job, seconds) => words.waiting(job, seconds, store.jobs().length),
    },
  });
  let last = null; // {job, element, saved}: what undo takes back
  let awaiting = null; // the job whose answer the page waits for, when no next item is here
  let undoWanted = false;
  let undoing = false;

  // ---- deciding

  function act(action) {
    const form = formOf(desk.current);
    if (!form || awaiting) return;
    const wanted = action || form.dataset.pending || "decide";
    delete form.dataset.pending;
    if (wanted === "confirm" && !desk.current.querySelector("[data-confirm]")) {
      view.tell("There is no suggestion to confirm here.");
      return;
    }
    decision.quiet(form);
    const missing = decision.whyNot(form, wanted);
    if (missing) {
      refuse(form, wanted, missing);
      return;
    }
    submit(form, wanted);
  }

  function refuse(form, action, { place, focus, text }) {
    decision.complain(place, text);
    view.say(text);
    place.scrollIntoView({ block: "nearest" });
    if (action === "decide" || action === "confirm") {
      if (focus?.matches("textarea, input:not(.choice__input)")) focus.focus();
      return;
    }
    form.dataset.pending = action; // Ctrl+Enter in the comment sends this
    focus?.focus();
  }

  function submit(form, action) {
    const started = performance.now();
    drafts.rest();
    const { review, external, pageUrl } = desk.current.dataset;
    const fields = decision.read(form, action);
    const submission = form.elements.submission_id.value;
    // form.action would be the button of that name.
    const job = { submission, action, at: Date.now(), url: form.getAttribute("action"), fields, review, external, page: pageUrl,
      typed: decision.typed(form) };
    store.keepDraft(review, job.typed);
    last = { job, element: desk.current, saved: false };
    const coming = desk.takeNext();
    if (coming) {
      job.counted = COUNTS.has(action);
      desk.show(coming);
      view.setProgress(view.progress.done + Number(job.counted), view.progress.total);
      view.say(`Saving ${external}. Next: ${coming.dataset.external}.`);
    } else {
      awaiting = job;
      desk.current.setAttribute("aria-busy", "true");
      view.say(`Saving ${external}, then looking for the next item.`);
    }
    view.showPending("accent", "Saving…", external);
    root.dataset.swapMs = (performance.now() - started).toFixed(1);
    sender.send(job);
  }

  // ---- what the server says

  function onSaved(job, answer) {
    const part = parseFragment(answer.html);
    const saved = part('[data-part="saved"]');
    const coming = part('[data-part="next"]')?.firstElementChild || null;
    store.dropDraft(job.review);
    view.closeAlert(job.review);
    if (last?.job.submission === job.submission) {
      last.saved = true;
      leases.forget(last.element);
    }
    if (awaiting?.submission === job.submission) {
      awaiting = null;
      if (coming) desk.show(coming);
    } else if (isItem(coming)) desk.keepNext(coming);
    if (awaiting && desk.next) showWaitingNext(); // a later decision already waits for this one
    if (saved) view.setProgress(Number(saved.dataset.done), Number(saved.dataset.total));
    if (last?.job.submission === job.submission) view.showStrip(saved?.firstElementChild || null);
    if (undoWanted) undo();
    else desk.fetchNext();
  }

  function showWaitingNext() {
    const { external } = awaiting;
    awaiting = null;
    desk.show(desk.takeNext());
    view.showPending("accent", "Saving…", external);
  }

  // The server wants something else in this answer: it comes back on top, what was open waits behind it.
  function onInvalid(job, answer) {
    const back = parseFragment(answer.html)("[data-item]");
    if (!back) {
      onRefused(job, answer);
      return;
    }
    putBack(back, { keepTyping: false });
    view.say(`${job.external} is not saved yet. ${back.querySelector(".field__error")?.textContent || ""}`);
    back.querySelector(".field__error")?.scrollIntoView({ block: "center" });
  }

  function putBack(element, options) {
    const open = desk.current;
    const wasAwaiting = awaiting;
    awaiting = null;
    undoWanted = false;
    last = null;
    element.removeAttribute("aria-busy");
    if (isItem(open) && !wasAwaiting && !desk.sameReview(open, element)) {
      desk.releaseNext();
      desk.next = open;
    }
    desk.show(element, options);
    view.readProgress(element);
  }

  function onRefused(job, answer) {
    store.keepDraft(job.review, job.typed);
    const wasAwaiting = awaiting?.submission === job.submission;
    if (wasAwaiting) {
      awaiting = null;
      desk.current.removeAttribute("aria-busy");
    }
    if (last?.job.submission === job.submission) {
      view.showStrip(null);
      last = null;
    }
    undoWanted = false;
    if (job.counted) view.setProgress(view.progress.done - 1, view.progress.total);
    words.refused(job, answer.html);
  }

  function onLost(element) {
    if (element === desk.next) {
      desk.next = null;
      view.nextWords("");
      return;
    }
    if (element !== desk.current || awaiting) return;
    words.lost(element);
  }

  // ---- undo, pause, leaving

  async function undo() {
    if (undoing) return;
    if (!last) {
      view.tell("There is nothing to undo.");
      return;
    }
    if (!last.saved) {
      if (sender.take(last.job)) putBack(last.element, { keepTyping: true });
      else {
        undoWanted = true;
        view.tell("It is taken back as soon as the server has it.");
      }
      return;
    }
    undoWanted = false;
    const form = view.slot()?.querySelector("[data-undo]");
    if (!form) {
      view.tell(COUNTS.has(last.job.action) ? "It is too late to undo this. Reopen it from your decided items."
        : "A skip or an escalation is not undone. Open the item by its link to take it again.");
      return;
    }
    await sendUndo(form);
  }

  async function sendUndo(form) {
    const { review, external } = last.job;
    undoing = true;
    try {
      await desk.giveBackNext();
      const response = await post(form.getAttribute("action"), [...new FormData(form)]);
      const html = await response.text();
      const back = response.ok && !response.redirected ? parseFragment(html)("[data-item]") : null;
      if (back) {
        putBack(back);
        view.say(`${external} is open again.`);
        return;
      }
      form.remove();
      view.showAlert({ about: review, title: `${external} could not be taken back.`, problem: view.sentences(html) });
    } catch {
      view.showAlert({ about: review, title: "No connection to Countersign.", text: `${external} was not taken back.` });
    } finally {
      undoing = false;
    }
    desk.fetchNext();
  }

  // The next item goes back first, so that the page which comes now does not count it as mine.
  async function pause() {
    await desk.giveBackNext().catch(() => {});
    const button = desk.current.querySelector("[data-pause]");
    drafts.rest(); // a plain form from here on, with what was typed
    if (button) formOf(desk.current).requestSubmit(button);
    else window.location.assign(root.dataset.queuesUrl);
  }

  // The page closes: the prefetched item goes back at once, what was typed goes out with it.
  function onLeave() {
    desk.releaseNext();
    drafts.leave(desk.current);
  }

  // ---- start

  root.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-pause]")) {
      if (!desk.next) return;
      event.preventDefault();
      pause();
    } else if (event.target.matches("[data-decide]")) {
      event.preventDefault();
      act(event.submitter?.value || "decide");
    } else if (event.target.matches("[data-undo]")) {
      event.preventDefault();
      undo();
    }
  });
  for (const kind of ["input", "change"]) root.addEventListener(kind, (event) => drafts.typed(event, desk.current));
  root.addEventListener("focusin", () => formOf(desk.current) && decision.refresh(formOf(desk.current)));
  window.addEventListener("pagehide", onLeave);
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (store.jobs().some((job) => !sender.isSending(job))) event.preventDefault();
  });
  bindKeys({ current: () => (isItem(desk.current) ? desk.current : null), act, undo, pause, heading,
    keysOn: root.dataset.keys === "on" });
  setInterval(() => awaiting || desk.lookAgain(), LOOK_AGAIN_MS);

  view.readProgress(root);
  view.showStrip(view.slot()?.firstElementChild || null);
  const unsent = store.jobs().find((job) => isItem(desk.current) && job.review === desk.current.dataset.review);
  if (isItem(desk.current)) {
    desk.prepare(desk.current, !unsent);
    heading().focus({ preventScroll: true });
    formOf(desk.current).querySelector("[data-filter]")?.focus({ preventScroll: true });
  }
  if (unsent) {
    awaiting = unsent;
    last = { job: unsent, element: desk.current, saved: false };
    desk.current.setAttribute("aria-busy", "true");
  }
  sender.run();
  if (!unsent) desk.fetchNext();
  root.dataset.ready = ""; // keys count from here on
})();

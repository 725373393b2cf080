// The items on the page: the one being decided, and the next one, which is fetched ahead.
"use strict";

(() => {
  const makeDesk = ({ root, view, store, leases }) => {
    const { decision, parseFragment, post, csrfToken } = window.countersign;
    const stage = root.querySelector("[data-stage]");
    let fetching = null; // the request for the next item, while it runs
    let looking = false;

    const desk = {
      current: stage.firstElementChild, // the item, or the answer that there is none
      next: null, // the item that is shown after this one
    };

    const isItem = (element) => Boolean(element?.hasAttribute("data-item"));
    const formOf = (element) => element?.querySelector("[data-decide]");
    const heading = () => stage.querySelector("[data-heading]");
    const sameReview = (one, other) => one?.dataset.review === other?.dataset.review;

    // What the server must not give as the next item: it is on the page, or its decision is on the way.
    const held = () => [
      ...[desk.current, desk.next].filter(isItem).map((item) => item.dataset.review),
      ...store.jobs().map((job) => job.review),
    ];

    const show = (element, { keepTyping = true } = {}) => {
      stage.replaceChildren(element);
      desk.current = element;
      if (desk.next && sameReview(desk.next, element)) {
        leases.forget(desk.next); // asked for twice at once: one answer is enough
        desk.next = null;
      }
      if (isItem(element)) prepare(element, keepTyping);
      heading().focus({ preventScroll: true });
      window.scrollTo(0, 0);
      formOf(element)?.querySelector("[data-filter]")?.focus({ preventScroll: true });
    };

    const prepare = (element, keepTyping) => {
      const form = formOf(element);
      form.noValidate = true; // our own words, and no block for "skip"
      if (!leases.isLive(element)) leases.add(element);
      const draft = keepTyping && store.draft(element.dataset.review);
      if (draft && draft.at > Date.parse(element.dataset.draftSavedAt || 0)) {
        decision.restore(form, draft.fields);
        view.say("What you had typed for this item was kept in this browser and is back.");
      }
      decision.refresh(form);
      view.nextWords(desk.next ? "Next item is loaded." : "");
    };

    // The fragment that the server answers: an item, or null.
    const ask = async () => {
      const response = await post(root.dataset.nextUrl, held().map((review) => ["hold", review]));
      return response.ok && !response.redirected ? parseFragment(await response.text())("[data-item]") : null;
    };

    const fetchNext = () => {
      if (desk.next || fetching || !isItem(desk.current)) return;
      // Without an answer the next decision asks again.
      fetching = ask().then(keepNext).catch(() => {}).finally(() => { fetching = null; });
    };

    const keepNext = (element) => {
      if (!element || sameReview(element, desk.current) || sameReview(element, desk.next)) return;
      if (desk.next) {
        release(element);
        return;
      }
      desk.next = element;
      leases.add(element);
      view.nextWords("Next item is loaded.");
    };

    // Where nothing was to do: whether there is by now. For somebody who is there only.
    const lookAgain = async () => {
      if (isItem(desk.current) || looking || !leases.atWork() || desk.current.dataset.why === "not_eligible") return;
      looking = true;
      try {
        const found = await ask();
        if (found && !isItem(desk.current)) {
          const strip = view.slot()?.firstElementChild;
          show(found);
          if (strip) view.slot().append(strip);
          view.readProgress(found);
          view.say(`A new item: ${found.dataset.external}.`);
        }
      } catch {
        // Looked for again in a while.
      } finally {
        looking = false;
      }
      fetchNext();
    };

    // The next item, if there is one whose lease lasts long enough to be worth showing.
    const takeNext = () => {
      const coming = desk.next && leases.isLive(desk.next) ? desk.next : null;
      desk.next = null;
      return coming;
    };

    const release = (element) => {
      leases.forget(element);
      const body = new FormData();
      body.append("csrfmiddlewaretoken", csrfToken());
      body.append("token", element.dataset.token);
      navigator.sendBeacon(element.dataset.releaseUrl, body);
    };

    const releaseNext = () => {
      if (desk.next) release(desk.next);
      desk.next = null;
    };

    // Two items are all that one may hold: the next one goes back before a decided one can be here again.
    const giveBackNext = async () => {
      await fetching;
      if (!desk.next) return;
      const { releaseUrl, token } = desk.next.dataset;
      leases.forget(desk.next);
      desk.next = null;
      await post(releaseUrl, [["token", token]]);
    };

    return Object.assign(desk, {
      isItem, formOf, heading, sameReview, held, show, prepare, fetchNext, keepNext, lookAgain, takeNext,
      releaseNext, giveBackNext,
    });
  };

  window.countersign = Object.assign(window.countersign || {}, { makeDesk });
})();

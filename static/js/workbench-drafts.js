// Keeps what is typed: in this browser with every stroke, on the server a moment later.
"use strict";

(() => {
  const DRAFT_EVERY_MS = 1500;

  // `on.lost(element)` is called when the server says that the lease of an item has ended.
  const makeDrafts = ({ store, on }) => {
    const { decision, post, csrfToken } = window.countersign;
    let timer = null;

    const rest = () => {
      clearTimeout(timer);
      timer = null;
    };

    const send = async (element, form) => {
      timer = null;
      const fields = decision.typed(form);
      try {
        const response = await post(element.dataset.draftUrl, [...fields, ["token", element.dataset.token]]);
        const same = JSON.stringify(fields) === JSON.stringify(decision.typed(form));
        if (response.status === 204 && same) store.dropDraft(element.dataset.review);
        if (response.status === 409) on.lost(element);
      } catch {
        // The copy in this browser stays until the server has one.
      }
    };

    const typed = (event, element) => {
      const form = event.target.closest?.("[data-decide]");
      if (!form || event.target.matches("[data-filter]")) return;
      if (event.target.matches(".choice__input")) delete form.dataset.pending;
      if (event.type === "change") decision.quiet(form);
      decision.refresh(form);
      store.keepDraft(element.dataset.review, decision.typed(form));
      clearTimeout(timer);
      timer = setTimeout(send, DRAFT_EVERY_MS, element, form);
    };

    // The page closes before the moment has passed.
    const leave = (element) => {
      const form = element?.querySelector("[data-decide]");
      if (timer === null || !form) return;
      rest();
      const body = new FormData();
      for (const [name, value] of decision.typed(form)) body.append(name, value);
      body.append("token", element.dataset.token);
      body.append("csrfmiddlewaretoken", csrfToken());
      navigator.sendBeacon(element.dataset.draftUrl, body);
    };

    return { typed, rest, leave };
  };

  window.countersign = Object.assign(window.countersign || {}, { makeDrafts });
})();

// What the workbench shows around the item: the strip of the last decision, alerts, progress, spoken words.
"use strict";

(() => {
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  // A fragment of the server as an element; a document made by DOMParser runs nothing.
  const parse = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    return (selector) => {
      const found = page.querySelector(selector);
      return found ? document.adoptNode(found) : null;
    };
  };

  const makeView = (root) => {
    const live = root.querySelector("[data-live]");
    const alerts = root.querySelector("[data-alerts]");
    const stage = root.querySelector("[data-stage]");
    const progress = { done: 0, total: 0 };
    let undoUntil = 0;

    const slot = () => stage.querySelector('[data-slot="saved"]');

    const say = (text) => {
      live.textContent = "";
      setTimeout(() => { live.textContent = text; }, 30);
    };

    // The same for the eye, too; the toasts are read out by themselves.
    const tell = (text) => window.countersign.toast(text);

    const showProgress = () => {
      const bar = stage.querySelector("[data-progress]");
      if (!bar) return;
      bar.max = Math.max(progress.total, 1);
      bar.value = progress.done;
      stage.querySelector("[data-progress-words]").textContent = `${progress.done} of ${progress.total} today`;
    };

    const readProgress = (element) => {
      const bar = element.querySelector("[data-progress]");
      progress.done = Number(bar.value);
      progress.total = Number(bar.max);
    };

    const setProgress = (done, total) => {
      progress.done = done;
      progress.total = Math.max(total, done);
      showProgress();
    };

    const showStrip = (strip) => {
      slot()?.replaceChildren(...(strip ? [strip] : []));
      const seconds = Number(strip?.dataset.undoSeconds || 0);
      undoUntil = Date.now() + seconds * 1000;
    };

    // The strip while the server has not answered: saving, or not saved and kept.
    const showPending = (tone, word, text) => {
      const strip = make("section", "card strip");
      strip.append(make("span", `pill pill--state pill--${tone}`, word), make("span", "strip__label anywhere", text));
      showStrip(strip);
    };

    setInterval(() => {
      const form = slot()?.querySelector("[data-undo]");
      if (!form) return;
      const left = Math.ceil((undoUntil - Date.now()) / 1000);
      if (left <= 0) form.remove();
      else form.querySelector("[data-undo-clock]").textContent = String(left);
    }, 250);

    // An alert stays until closed or replaced by one about the same review.
    const showAlert = ({ about, title, text, problem, links = [] }) => {
      alerts.querySelector(`[data-about="${CSS.escape(about)}"]`)?.remove();
      const box = make("div", "message message--error");
      box.setAttribute("role", "alert");
      box.dataset.about = about;
      const body = make("div", "message__text");
      body.append(make("p", "strong", title));
      if (problem) body.append(...problem);
      if (text) body.append(make("p", "", text));
      const row = make("p", "row");
      for (const link of links) row.append(link);
      const close = make("button", "button button--small", "Close");
      close.type = "button";
      close.addEventListener("click", () => box.remove());
      row.append(close);
      body.append(row);
      box.append(body);
      alerts.append(box);
      box.scrollIntoView({ block: "nearest" });
    };

    const link = (text, url, newTab = false) => {
      const anchor = make("a", "button button--small", text);
      anchor.href = url;
      if (newTab) anchor.target = "_blank";
      return anchor;
    };

    const button = (text, act) => {
      const element = make("button", "button button--small", text);
      element.type = "button";
      element.addEventListener("click", act);
      return element;
    };

    // The sentences of a problem fragment, without its frame; its title only where there is nothing else.
    const sentences = (html) => {
      const text = parse(html || "")("[data-problem] .message__text");
      const lines = text ? [...text.children] : [];
      const said = lines.filter((line) => !line.matches(".strong"));
      return (said.length ? said : lines).map((line) => make("p", "", line.textContent));
    };

    const closeAlert = (about) => alerts.querySelector(`[data-about="${CSS.escape(about)}"]`)?.remove();

    const nextWords = (text) => {
      const place = stage.querySelector("[data-next-words]");
      if (place) place.textContent = text;
    };

    return { say, tell, progress, readProgress, setProgress, showProgress, showStrip, showPending, showAlert,
      closeAlert, link, button, sentences, nextWords, slot };
  };

  window.countersign = Object.assign(window.countersign || {}, { makeView, parseFragment: parse });
})();

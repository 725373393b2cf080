// Small conveniences of every page. Nothing here is needed: each page works without it.
"use strict";

(() => {
  document.documentElement.classList.add("js");

  const isTyping = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("input:not([type=radio], [type=checkbox]), textarea, select"));

  // "/" goes to the search box, unless somebody is typing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const search = document.querySelector("[data-search]");
    if (!search || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // The person menu closes on Escape and on a click elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // <button data-opens="dialog id"> and <button data-closes>.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
  });

  // Says something in the corner; it stays until it has been there long enough to be read twice.
  const toast = (text, level = "info") => {
    const place = document.getElementById("toasts");
    if (!place) return;
    const message = document.createElement("div");
    message.className = `message message--${level}`;
    const words = document.createElement("span");
    words.className = "message__text";
    words.textContent = text;
    message.append(words);
    place.append(message);
    setTimeout(() => message.remove(), 4000 + text.length * 90);
  };
  window.countersign = Object.assign(window.countersign || {}, { toast, isTyping });

  // What htmx does not swap must still be said.
  document.addEventListener("htmx:sendError", () =>
    toast("No connection to Countersign. Nothing was sent; try again in a moment.", "error"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if ([403, 409, 422].includes(status)) return;
    if (status === 401) toast("Your session has ended. Sign in again; what you typed is still on this page.", "error");
    else if (status === 429) toast("Too many requests just now. Wait a moment and try again.", "error");
    else toast(`Countersign could not do that (${status}). What you typed is still on this page.`, "error");
  });

  // A form marked data-once cannot be sent twice by a double click.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("form[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();

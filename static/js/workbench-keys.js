// The keyboard. Choices and reasons carry their key in data-key; the rest is the table COMMANDS.
"use strict";

(() => {
  const COMMANDS = { y: "confirm", c: "cannot_tell", e: "escalate", s: "skip" };
  const { isTyping } = window.countersign;

  const filterChoices = (box) => {
    const group = box.closest("[data-choices]");
    const words = box.value.trim().toLowerCase();
    for (const choice of group.querySelectorAll(".choice")) {
      const label = choice.querySelector(".choice__label").textContent.toLowerCase();
      choice.hidden = words !== "" && !label.includes(words);
    }
  };

  // In the filter: Enter takes the first that is left, Escape clears, the arrow goes into the list.
  const onFilterKey = (event, heading) => {
    const box = event.target;
    const group = box.closest("[data-choices]");
    const first = [...group.querySelectorAll(".choice")].find((choice) => !choice.hidden)?.querySelector("input");
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (!first || !box.value.trim()) return;
      window.countersign.decision.choose(group, first);
      first.scrollIntoView({ block: "nearest" });
      heading.focus({ preventScroll: true });
    } else if (event.key === "Escape") {
      event.preventDefault();
      box.value = "";
      filterChoices(box);
      heading.focus({ preventScroll: true });
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    }
  };

  const matchKey = (inputs, key) =>
    inputs.find((input) => input.dataset.key === key) ||
    inputs.find((input) => input.dataset.key?.toLowerCase() === key.toLowerCase());

  const pressChoice = (form, key) => {
    const { decision } = window.countersign;
    const group = decision.activeGroup(form);
    const choice = group && matchKey(decision.inputs(group), key);
    if (choice) {
      decision.choose(group, choice);
      return true;
    }
    const reason = matchKey(decision.reasonInputs(form), key);
    if (!reason) return false;
    reason.checked = !reason.checked;
    reason.dispatchEvent(new Event("change", { bubbles: true }));
    if (reason.checked && reason.hasAttribute("data-needs-comment")) form.querySelector("[data-comment]").focus();
    return true;
  };

  // `act(action)` sends, without an action whatever waits for its words; `undo()`, `pause()`; `current()` is
  // the item on the page or null; `keysOn` false leaves only what happens inside fields.
  const bindKeys = ({ current, act, undo, pause, heading, keysOn }) => {
    const onTyping = (event) => {
      if (event.target.matches("[data-filter]")) onFilterKey(event, heading());
      if (event.defaultPrevented) return;
      if (event.key === "Escape") {
        delete event.target.form?.dataset.pending; // leaving the field is a change of mind
        heading()?.focus({ preventScroll: true });
      }
      if (event.key !== "Enter" || !event.target.closest("[data-decide]")) return;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        act();
      } else if (event.target.matches("input[type=text], input[type=search]")) {
        event.preventDefault(); // a half-typed word is not a decision; Ctrl+Enter sends
      }
    };

    const onCommand = (event, form) => {
      if (event.key === "Enter") {
        if (!form || event.target.closest?.("a, button, summary")) return false;
        act("decide");
      } else if (event.key === "?") document.getElementById("wb-keys").showModal();
      else if (form && pressChoice(form, event.key)) return true;
      else if (event.key === "u") undo();
      else if (event.key === "p") pause();
      else if (form && COMMANDS[event.key]) act(COMMANDS[event.key]);
      else if (form && event.key.length === 1 && event.key !== " " && event.key !== "/") {
        const filter = window.countersign.decision.activeGroup(form)?.querySelector("[data-filter]");
        if (!filter) return false;
        filter.focus();
        return false; // the character goes into the box
      } else return false;
      return true;
    };

    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
      const form = current()?.querySelector("[data-decide]") || null;
      if (isTyping(event.target)) {
        onTyping(event);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) {
        if (event.key === "Enter" && form && !event.altKey) act();
        return;
      }
      if (!keysOn) return;
      if (event.repeat && event.key === "Enter") return; // a held key is not a second decision
      if (onCommand(event, form)) event.preventDefault();
    });
    document.addEventListener("input", (event) => {
      if (event.target.matches?.("[data-filter]")) filterChoices(event.target);
    });
  };

  window.countersign = Object.assign(window.countersign || {}, { bindKeys });
})();

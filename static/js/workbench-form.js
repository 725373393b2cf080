// The decision form: reading and restoring it, and saying what is missing before anything is sent.
// The server checks all of it again; these checks only save a round trip.
"use strict";

(() => {
  const answers = (form) => [...form.querySelectorAll("[data-choices], [data-input]")];
  const inputs = (group) => [...group.querySelectorAll(".choice__input")];
  const fieldOf = (group) => group.querySelector("[data-suggested-value]");

  const read = (form, action) => {
    const fields = [...new FormData(form)].filter(([name]) => name !== "action");
    return action ? [...fields, ["action", action]] : fields;
  };

  // Only what a person typed or chose; tokens belong to the page that was rendered with them.
  const typed = (form) =>
    read(form).filter(([name]) => !["csrfmiddlewaretoken", "token", "submission_id"].includes(name));

  const restore = (form, fields) => {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) || []), value]);
    for (const control of form.elements) {
      if (!control.name || ["hidden", "submit", "button"].includes(control.type)) continue;
      const kept = values.get(control.name) || [];
      if (control.type === "radio" || control.type === "checkbox") control.checked = kept.includes(control.value);
      else if (kept.length) control.value = kept[0];
    }
    refresh(form);
  };

  const isAnswered = (group) => inputs(group).some((input) => input.checked);

  const differs = (group) => {
    if (!group.matches("[data-choices]")) {
      const field = fieldOf(group);
      return field.value.trim() !== field.dataset.suggestedValue.trim();
    }
    if (group.dataset.kind === "multi") {
      return inputs(group).some((input) => input.checked !== input.hasAttribute("data-suggested"));
    }
    return inputs(group).some((input) => input.checked && !input.hasAttribute("data-suggested"));
  };

  const isChanged = (form) => form.dataset.hasSuggestion === "yes" && answers(form).some(differs);

  // Shows which text fields differ, and which group of choices has the keys.
  function refresh(form) {
    for (const group of form.querySelectorAll("[data-input]")) {
      const changed = form.dataset.hasSuggestion === "yes" && differs(group);
      group.querySelector("[data-changed]").hidden = !changed;
    }
    const groups = [...form.querySelectorAll("[data-choices]")];
    form.toggleAttribute("data-several", groups.length > 1);
    const active = activeGroup(form);
    for (const group of groups) group.toggleAttribute("data-active", group === active);
  }

  // Single choices first, then those of several, which keep the keys until somebody moves on.
  function activeGroup(form) {
    const groups = [...form.querySelectorAll("[data-choices]")];
    const isMulti = (group) => group.dataset.kind === "multi";
    const last = groups.find((group) => group.hasAttribute("data-last"));
    return (
      groups.find((group) => group.contains(document.activeElement)) ||
      groups.find((group) => !isMulti(group) && !isAnswered(group)) ||
      (last && isMulti(last) ? last : null) ||
      groups.find((group) => isMulti(group) && !isAnswered(group)) ||
      last ||
      groups[0] ||
      null
    );
  }

  const choose = (group, input) => {
    for (const other of group.closest("form").querySelectorAll("[data-last]")) other.removeAttribute("data-last");
    group.setAttribute("data-last", "");
    input.checked = input.type === "checkbox" ? !input.checked : true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const complain = (place, text) => {
    place.replaceChildren();
    if (!text) return;
    const line = document.createElement("p");
    line.className = "field__error";
    const words = document.createElement("span");
    words.textContent = text;
    line.append(words);
    place.append(line);
  };

  const quiet = (form) => {
    for (const place of form.querySelectorAll("[data-field-error], [data-reasons-error], [data-comment-error]")) {
      place.replaceChildren();
    }
    form.querySelector("[data-form-errors]").replaceChildren();
  };

  const missingAnswer = (form) => {
    for (const group of answers(form)) {
      if (!group.hasAttribute("data-required")) continue;
      const label = group.dataset.label;
      if (group.matches("[data-choices]")) {
        if (isAnswered(group)) continue;
        const alone = answers(form).length === 1;
        return { place: group.querySelector("[data-field-error]"), focus: inputs(group)[0],
          text: alone ? "Nothing is chosen yet. Choose an answer first." : `Choose an answer for ${label} first.` };
      }
      const field = fieldOf(group);
      const text = field.value.trim() ? (field.validity.valid ? "" : field.validationMessage) : `${label} is still empty.`;
      if (text) return { place: group.querySelector("[data-field-error]"), focus: field, text };
    }
    return null;
  };

  const reasonInputs = (form) => [...form.querySelectorAll("[data-reasons] input")];

  const missingReason = (form, action) => {
    const reasons = reasonInputs(form);
    const chosen = reasons.filter((input) => input.checked);
    const comment = form.querySelector("[data-comment]");
    const commented = comment.value.trim() !== "";
    const atComment = (text) => ({ place: form.querySelector("[data-comment-error]"), focus: comment, text });
    if (chosen.some((input) => input.hasAttribute("data-needs-comment")) && !commented) {
      return atComment("This reason needs a few words.");
    }
    if (action === "decide") {
      if (!reasons.length || chosen.length || !isChanged(form)) return null;
      return { place: form.querySelector("[data-reasons-error]"), focus: null,
        text: "Your answer differs from the suggestion: choose at least one reason." };
    }
    if (chosen.length || commented) return null;
    const verbs = { cannot_tell: "you cannot tell", escalate: "this goes to somebody else", skip: "you skip it" };
    return atComment(`Say why ${verbs[action]}: a reason above, or a few words here and then Ctrl+Enter.`);
  };

  // The first thing that keeps `action` from being sent: {place, focus, text} or null.
  const whyNot = (form, action) => {
    if (action === "confirm") {
      return isChanged(form)
        ? { place: form.querySelector("[data-form-errors]"), focus: null,
          text: "You have changed the suggestion. Enter sends your answer." }
        : null;
    }
    return (action === "decide" && missingAnswer(form)) || missingReason(form, action);
  };

  window.countersign = Object.assign(window.countersign || {}, {
    decision: { read, typed, restore, refresh, activeGroup, choose, inputs, complain, quiet, whyNot, isChanged, reasonInputs },
  });
})();

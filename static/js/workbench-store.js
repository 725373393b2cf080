// What the browser keeps so that typing and decisions survive a lost network or session.
//
// Kept in localStorage under the person's id: `draft:<review>` (fields as typed) and `job:<submission>`
// (a judgement not yet confirmed by the server). Never the input or the suggestion of an item.
"use strict";

(() => {
  const KEEP_DRAFTS_MS = 14 * 24 * 3600 * 1000;

  // localStorage can be full, blocked or absent; then the page's own memory has to do.
  const makeShelf = () => {
    const memory = new Map();
    return {
      get(key) {
        try {
          return window.localStorage.getItem(key) ?? memory.get(key) ?? null;
        } catch {
          return memory.get(key) ?? null;
        }
      },
      set(key, text) {
        memory.set(key, text);
        try {
          window.localStorage.setItem(key, text);
        } catch {
          // Kept in memory; the server's copy of the draft remains.
        }
      },
      remove(key) {
        memory.delete(key);
        try {
          window.localStorage.removeItem(key);
        } catch {
          // Nothing was stored then.
        }
      },
      keys() {
        try {
          return [...new Set([...Object.keys(window.localStorage), ...memory.keys()])];
        } catch {
          return [...memory.keys()];
        }
      },
    };
  };

  const parse = (text) => {
    try {
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  };

  const makeStore = (person) => {
    const shelf = makeShelf();
    const prefix = `countersign:${person}:`;
    const read = (name) => parse(shelf.get(prefix + name));
    const write = (name, value) => shelf.set(prefix + name, JSON.stringify(value));
    const names = (kind) =>
      shelf.keys().filter((key) => key.startsWith(prefix + kind)).map((key) => key.slice(prefix.length));

    for (const name of names("draft:")) {
      const draft = read(name);
      if (!draft || Date.now() - draft.at > KEEP_DRAFTS_MS) shelf.remove(prefix + name);
    }

    return {
      draft: (review) => read(`draft:${review}`),
      keepDraft: (review, fields) => write(`draft:${review}`, { at: Date.now(), fields }),
      dropDraft: (review) => shelf.remove(`${prefix}draft:${review}`),
      jobs: () =>
        names("job:").map(read).filter(Boolean).sort((one, other) => one.at - other.at),
      keepJob: (job) => write(`job:${job.submission}`, job),
      dropJob: (job) => shelf.remove(`${prefix}job:${job.submission}`),
    };
  };

  window.countersign = Object.assign(window.countersign || {}, { makeStore });
})();

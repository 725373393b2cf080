// Sends judgements one after another and does not give up: a job leaves the store only when the server
// has answered for it. Repeating is safe, because every job names its `submission_id`.
"use strict";

(() => {
  const WAITS_S = [1, 2, 4, 8, 15, 30];
  const TIMEOUT_MS = 20000;

  // After a new sign-in in another tab the page's own token is old, the cookie's is not.
  const csrfCookie = () => {
    const found = document.cookie.match(/(?:^|;\s*)(?:__Host-|__Secure-)?csrftoken=([^;]+)/);
    return found ? decodeURIComponent(found[1]) : "";
  };
  const csrfToken = () => csrfCookie() || document.querySelector("[data-token-form] input")?.value || "";

  // One POST as the plain form would send it. Throws on a network failure, as fetch does.
  const post = (url, fields, options = {}) =>
    fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields.filter(([name]) => name !== "csrfmiddlewaretoken")),
      headers: { "HX-Request": "true", "X-CSRFToken": csrfToken(), Accept: "text/html" },
      credentials: "same-origin",
      ...options,
    });

  // What an answer means for the job: saved, invalid, refused, signed-out or later.
  const readAnswer = async (response) => {
    if (response.redirected || response.status === 401) return { meaning: "signed-out" };
    if (response.status === 429 || response.status >= 500) {
      return { meaning: "later", seconds: Number(response.headers.get("Retry-After")) || 0 };
    }
    const html = await response.text();
    if (response.ok) return { meaning: "saved", html };
    if (response.status === 422) return { meaning: "invalid", html };
    // Without our own words, or without the cookie it compares with, a 403 is the CSRF check: the session is gone.
    const checked = html.includes("data-problem=") && csrfCookie() !== "";
    if (response.status === 403 && !checked) return { meaning: "signed-out" };
    return { meaning: "refused", html, status: response.status };
  };

  const attempt = async (job, held) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const fields = [...job.fields, ...held.map((review) => ["hold", review])];
      // keepalive: a decision made just before the page closes still arrives (browsers allow 64 KiB).
      const keepalive = new URLSearchParams(fields).toString().length < 60000;
      return await readAnswer(await post(job.url, fields, { signal: abort.signal, keepalive }));
    } catch {
      return { meaning: "later", seconds: 0 };
    } finally {
      clearTimeout(timer);
    }
  };

  // `on` has saved, invalid, refused (job, answer), signedOut (job) and waiting (job, seconds);
  // `held` tells the reviews on screen, which must not come back as the next item.
  const makeSender = ({ store, held, on }) => {
    let sending = null;
    let failures = 0;
    let timer = null;

    const retryIn = (job, seconds) => {
      clearTimeout(timer);
      timer = setTimeout(run, seconds * 1000);
      on.waiting(job, seconds);
    };

    const settle = (job, answer) => {
      if (answer.meaning === "later") {
        const seconds = answer.seconds || WAITS_S[Math.min(failures, WAITS_S.length - 1)];
        failures += 1;
        retryIn(job, seconds);
        return false;
      }
      if (answer.meaning === "signed-out") {
        on.signedOut(job);
        return false;
      }
      failures = 0;
      store.dropJob(job);
      on[answer.meaning](job, answer);
      return true;
    };

    async function run() {
      clearTimeout(timer);
      if (sending) return;
      const job = store.jobs()[0];
      if (!job) return;
      sending = job;
      const answer = await attempt(job, held(job));
      sending = null;
      if (settle(job, answer)) run();
    }

    window.addEventListener("online", run);
    // Coming back from the sign-in page in another tab is the moment to try again.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && run());

    return {
      send(job) {
        store.keepJob(job);
        run();
      },
      run,
      isSending: (job) => sending?.submission === job.submission,
      // Takes a job back that has not left the browser; false when it may have.
      take(job) {
        if (sending?.submission === job.submission || failures > 0) return false;
        if (!store.jobs().some((kept) => kept.submission === job.submission)) return false;
        store.dropJob(job);
        return true;
      },
    };
  };

  window.countersign = Object.assign(window.countersign || {}, { csrfToken, post, makeSender });
})();

// What is said when something did not go as wished: what happened, what was kept, what to do.
"use strict";

(() => {
  const makeWords = ({ view, signInUrl }) => ({
    refused(job, html) {
      view.showAlert({
        about: job.review,
        title: `${job.external} was not saved.`,
        problem: view.sentences(html),
        text: "Your answer is kept and comes back when you take the item again.",
        links: [view.link("Take it again", job.page), view.link("Go on", window.location.href)],
      });
    },

    signedOut(job, sendNow) {
      view.showPending("bad", "Not saved", `${job.external}: kept here, sent after you sign in`);
      view.showAlert({
        about: job.review,
        title: "Your session has ended.",
        text: `The decision on ${job.external} is kept in this browser. Sign in in a new tab and come back: it is then sent by itself.`,
        links: [view.link("Sign in", signInUrl, true), view.button("Send now", sendNow)],
      });
    },

    waiting(job, seconds, count) {
      const what = count > 1 ? `${count} decisions` : job.external;
      view.showPending("warn", "Not saved", `${what}: no answer from the server. Kept here, next try in ${seconds} s`);
      view.say(`Not saved yet: ${what}. Kept in this browser, and sent again.`);
    },

    lost(element) {
      const { review, external, pageUrl } = element.dataset;
      const place = element.querySelector("[data-lease]");
      if (place) place.textContent = "no longer yours";
      view.showAlert({
        about: review,
        title: `Your time with ${external} has ended.`,
        text: "Somebody else may decide it now. What you typed is kept; take it again to go on.",
        links: [view.link("Take it again", pageUrl)],
      });
    },
  });

  window.countersign = Object.assign(window.countersign || {}, { makeWords });
})();

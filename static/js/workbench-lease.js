// Keeps the leases of the items on the page while somebody works, and lets them run out when nobody does.
"use strict";

(() => {
  const RENEW_EVERY_MS = 60000;
  const AT_WORK_MS = 120000;
  const SHORT_S = 60;

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  // `on.lost(element)` is called once for an item whose lease has ended or was taken.
  const makeLeases = ({ on }) => {
    const leases = new Map(); // item element -> {until, renewed, every, asking}
    let lastActivity = Date.now();

    const lose = (element) => {
      leases.delete(element);
      on.lost(element);
    };

    const renew = async (element, lease) => {
      lease.asking = true;
      try {
        const fields = [["token", element.dataset.token]];
        const response = await window.countersign.post(element.dataset.heartbeatUrl, fields);
        if (!leases.has(element)) return;
        if (response.ok && !response.redirected) {
          lease.until = Date.now() + (await response.json()).seconds * 1000;
          lease.renewed = Date.now();
        } else if ([403, 404, 409].includes(response.status) && !response.redirected) {
          lose(element);
        }
      } catch {
        // No network: the countdown goes on, the next tick tries again.
        lease.renewed = Date.now() - lease.every + Math.min(10000, lease.every / 2);
      } finally {
        lease.asking = false;
      }
    };

    const show = (element, lease) => {
      const seconds = (lease.until - Date.now()) / 1000;
      const place = element.querySelector("[data-lease]");
      if (!place) return;
      place.querySelector("[data-lease-clock]").textContent = clock(seconds);
      place.classList.toggle("wb-lease--short", seconds < SHORT_S);
    };

    const tick = () => {
      const now = Date.now();
      const atWork = now - lastActivity < AT_WORK_MS;
      for (const [element, lease] of leases) {
        if (lease.until <= now) {
          lose(element);
          continue;
        }
        show(element, lease);
        if (atWork && !lease.asking && now - lease.renewed >= lease.every) renew(element, lease);
      }
    };

    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll", "input"]) {
      document.addEventListener(kind, () => { lastActivity = Date.now(); }, { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", tick);
    setInterval(tick, 1000);

    return {
      add(element) {
        const seconds = Number(element.dataset.leaseSeconds);
        const every = Math.min(RENEW_EVERY_MS, (seconds * 1000) / 3);
        leases.set(element, { until: Date.now() + seconds * 1000, renewed: Date.now(), every, asking: false });
      },
      forget: (element) => leases.delete(element),
      isLive: (element) => leases.has(element) && leases.get(element).until - Date.now() > 5000,
      atWork: () => document.visibilityState === "visible" && Date.now() - lastActivity < AT_WORK_MS,
    };
  };

  window.countersign = Object.assign(window.countersign || {}, { makeLeases });
})();

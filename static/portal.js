/* Theme, the reasons of missing values, and the worklist that renews itself. Pages work without it. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.dataset.script = "";

  /* ---- theme: what was chosen, else what the system asks for ---- */
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");

  function followSystem() {
    if (!("chosen" in root.dataset)) root.dataset.theme = contrast.matches ? "contrast" : dark.matches ? "dark" : "light";
  }

  function chooseTheme(name) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${name}; path=/; samesite=lax; max-age=${name ? 31536000 : 0}${secure}`;
    if (name) {
      root.dataset.chosen = "";
      root.dataset.theme = name;
    } else {
      delete root.dataset.chosen;
      followSystem();
    }
  }

  followSystem();
  dark.addEventListener("change", followSystem);
  contrast.addEventListener("change", followSystem);

  function offerThemes() {
    const select = document.getElementById("theme");
    select.parentElement.hidden = false;
    select.addEventListener("change", () => chooseTheme(select.value));
  }

  /* ---- missing values: the reason opens on focus or hover, Escape closes it ---- */
  let reason = null;

  function closeReason() {
    if (reason) reason.remove();
    reason = null;
  }

  function openReason(event) {
    const button = event.target instanceof Element ? event.target.closest(".na") : null;
    if (!button) return;
    closeReason();
    reason = document.createElement("span");
    reason.className = "na__why";
    reason.setAttribute("aria-hidden", "true"); // the button's own label says it already
    reason.textContent = button.dataset.why;
    document.body.append(reason);
    const at = button.getBoundingClientRect();
    const box = reason.getBoundingClientRect();
    const below = at.bottom + 6;
    const fits = below + box.height < root.clientHeight;
    reason.style.left = `${Math.max(8, Math.min(at.left, root.clientWidth - box.width - 8))}px`;
    reason.style.top = `${fits ? below : at.top - box.height - 6}px`;
  }

  function leaveReason(event) {
    if (event.target instanceof Element && event.target.closest(".na")) closeReason();
  }

  for (const name of ["focusin", "mouseover", "click"]) document.addEventListener(name, openReason);
  for (const name of ["focusout", "mouseout"]) document.addEventListener(name, leaveReason);
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeReason());
  document.addEventListener("scroll", closeReason, true);

  /* ---- worklist: asks for its part again, less often when nothing runs, never in a hidden tab ---- */
  const ANSWER_MS = 10000;
  let missed = 0;
  let timer = 0;

  async function renew() {
    const holder = document.getElementById("studies");
    try {
      const answer = await fetch(holder.dataset.url, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (answer.redirected) return location.reload(); // logged out meanwhile: the login page says so
      if (!answer.ok) throw new Error(String(answer.status));
      replace(holder, await answer.text());
      missed = 0;
    } catch {
      missed += 1;
    }
    tellStale();
    return plan();
  }

  function replace(holder, html) {
    const busy = document.activeElement;
    const inside = holder.contains(busy);
    // Whoever reads a reason or is about to press something unnamed is not interrupted.
    if (inside && !busy.id) return;
    const before = holder.firstElementChild.dataset.summary;
    const across = holder.querySelector(".table-scroll")?.scrollLeft ?? 0;
    closeReason();
    holder.innerHTML = html;
    const scroller = holder.querySelector(".table-scroll");
    if (scroller) scroller.scrollLeft = across;
    if (inside) document.getElementById(busy.id)?.focus({ preventScroll: true });
    const now = holder.firstElementChild.dataset.summary;
    if (now !== before) document.getElementById("spoken").textContent = now;
  }

  function tellStale() {
    document.getElementById("stale").hidden = missed < 2;
    document.getElementById("missed").textContent = missed;
    document.getElementById("stale-since").textContent = document.getElementById("studies-part").dataset.time;
  }

  function plan() {
    clearTimeout(timer);
    const seconds = Number(document.getElementById("studies-part").dataset.seconds);
    if (!document.hidden) timer = setTimeout(renew, seconds * 1000);
  }

  /* ---- a link to a CT opens it ---- */
  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    offerThemes();
    openTarget();
    addEventListener("hashchange", openTarget);
    if (!document.getElementById("studies")) return;
    plan();
    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : renew()));
  });
})();

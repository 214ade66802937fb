/* Theme, the reasons of missing values, and what HTMX must not disturb. Pages work without it. */
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

  /* ---- what a missing value lacks, and the sentence behind an answer: opens on focus or hover, Escape closes it ---- */
  let reason = null;
  let asked = null;

  function closeReason() {
    if (reason) reason.remove();
    reason = asked = null;
  }

  function openReason(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-why]") : null;
    if (!button) return;
    closeReason();
    asked = button;
    reason = document.createElement("span");
    reason.className = "na__why";
    reason.setAttribute("aria-hidden", "true"); // the button's own label says it already
    reason.textContent = button.dataset.why;
    document.body.append(reason);
    placeReason();
  }

  function placeReason() {
    const at = asked.getBoundingClientRect();
    const box = reason.getBoundingClientRect();
    const below = at.bottom + 6;
    const fits = below + box.height < root.clientHeight;
    reason.style.left = `${Math.max(8, Math.min(at.left, root.clientWidth - box.width - 8))}px`;
    reason.style.top = `${fits ? below : at.top - box.height - 6}px`;
  }

  function leaveReason(event) {
    if (event.target instanceof Element && event.target.closest("[data-why]")) closeReason();
  }

  for (const name of ["focusin", "mouseover", "click"]) document.addEventListener(name, openReason);
  for (const name of ["focusout", "mouseout"]) document.addEventListener(name, leaveReason);
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeReason());
  // Focus itself may scroll the page or a table: the reason goes with its button.
  document.addEventListener("scroll", () => asked && (asked.matches(":focus") ? placeReason() : closeReason()), true);

  /* ---- live parts: HTMX fetches them again; quiet in a hidden tab, focus and scroll kept, silence told ---- */
  let missed = 0;
  let across = 0;
  let spoken = "";

  const livePart = () => document.querySelector("[data-live]");
  // Not event.detail.elt: after a swap that is whatever is left of the page around it.
  const isPoll = (event) => event.detail.requestConfig.elt.matches("[data-live]");

  function beforePoll(event) {
    if (isPoll(event) && document.hidden) event.preventDefault();
  }

  function beforeSwap(event) {
    const part = livePart();
    if (event.detail.target !== part) return;
    const busy = document.activeElement;
    // Whoever reads a reason or is about to press something unnamed is not interrupted.
    if (isPoll(event) && part.contains(busy) && !busy.id) event.detail.shouldSwap = false;
    if (!event.detail.shouldSwap) return;
    closeReason();
    spoken = part.dataset.summary;
    across = part.querySelector(".table-scroll")?.scrollLeft ?? 0;
  }

  function afterSwap(event) {
    const part = livePart();
    // What was pressed is gone with its row: what came of it is told there.
    if (event.detail.requestConfig.verb === "post") document.getElementById("messages").focus({ preventScroll: true });
    if (event.detail.elt !== part) return;
    const scroller = part.querySelector(".table-scroll");
    if (scroller) scroller.scrollLeft = across;
    if (part.dataset.summary !== spoken) document.getElementById("spoken").textContent = part.dataset.summary;
    spoken = part.dataset.summary;
  }

  function afterPoll(event) {
    if (!isPoll(event)) return;
    missed = event.detail.successful ? 0 : missed + 1;
    document.getElementById("stale").hidden = missed < 2;
    document.getElementById("missed").textContent = missed;
    document.getElementById("stale-since").textContent = livePart().dataset.time;
  }

  document.addEventListener("htmx:beforeRequest", beforePoll);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSwap", afterSwap);
  document.addEventListener("htmx:afterRequest", afterPoll);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && livePart()) htmx.trigger(livePart(), "renew");
  });

  /* ---- what is laid over the slices stays while a strip is fetched again ---- */
  let laid = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    laid = new Map([...event.detail.target.querySelectorAll("[data-stays]")].map((one) => [one.dataset.stays, one.checked]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const one of document.querySelectorAll("[data-stays]")) one.checked = laid.get(one.dataset.stays) ?? one.checked;
    laid = new Map();
  });

  /* ---- how strongly the overlay of a CT's pictures shows ---- */
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-opacity]")) return;
    event.target.closest(".viewer").style.setProperty("--ov-alpha", event.target.value / 100);
  });

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
  });
})();

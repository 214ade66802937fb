/* The timeline of a patient: lanes, figures and the time cursor on one axis. Without it summaries and tables remain. */
(function () {
  "use strict";
  const source = document.getElementById("timeline-data");
  if (!source) return;
  const root = document.documentElement;
  const { ranges, ends, figures, visits } = JSON.parse(source.textContent);
  const $ = (id) => document.getElementById(id);
  const holder = $("timeline");
  const lane = $("axis");
  const MONTHS = ["Jan", "Apr", "Jul", "Oct"];
  const FEW_YEARS = 3;
  const GAP = 6;
  const BAR = 22;
  const stops = [...new Set(visits.map((visit) => visit.date))];
  let period = "all";
  let unit = "percent";
  let at = stops.length - 1;

  /* ---- dates and places ---- */
  const time = (day) => Date.parse(day);
  const [first, last] = [() => time(ranges[period][0]), () => time(ranges[period][1])];
  const share = (day) => (time(day) - first()) / (last() - first());
  const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const pixels = (name) => parseFloat(getComputedStyle(holder).getPropertyValue(name));

  function ticks() {
    const [from, to] = ranges[period].map((day) => Number(day.slice(0, 4)));
    const quarters = to - from <= FEW_YEARS;
    const found = [];
    for (let year = from; year <= to; year += 1)
      for (const [index, name] of (quarters ? MONTHS : MONTHS.slice(0, 1)).entries())
        found.push({ day: `${year}-${String(1 + 3 * index).padStart(2, "0")}-01`, name: index ? name : String(year) });
    return found.filter(({ day }) => share(day) >= 0 && share(day) <= 1);
  }

  function drawAxis() {
    const width = lane.clientWidth;
    let free = 0;
    lane.replaceChildren();
    for (const [index, { day, name }] of ticks().entries()) {
      const label = document.createElement("span");
      label.className = "axis__tick";
      label.textContent = index || name.length === 4 ? name : `${name} ${day.slice(0, 4)}`;
      lane.append(label);
      const half = label.offsetWidth / 2;
      const middle = share(day) * width;
      if (middle - half < free || middle + half > width + pixels("--plot-right")) label.remove();
      else free = middle + half + GAP;
      label.style.left = `${middle}px`;
    }
  }

  /* ---- treatments: a bar from start to stop, its drug before it, its dose inside or behind it ---- */
  function drawTreatments() {
    const list = $("treatments-lane");
    if (!list) return;
    const row = pixels("--tx-row");
    const box = inner(list);
    list.querySelectorAll(".tx__name, .tx__out").forEach((one) => one.remove());
    list.style.height = `${list.dataset.lanes * row + 6}px`;
    const bars = [...list.children];
    const named = new Set();
    bars.forEach((bar, index) => {
      const { from, to, drug, dose } = bar.dataset;
      const [left, right] = [share(from), share(to || ends)];
      bar.hidden = right < 0 || left > 1;
      if (bar.hidden) return;
      const start = box.left + Math.max(0, left) * box.width;
      const width = Math.max(4, box.left + Math.min(1, right) * box.width - start);
      const top = 3 + bar.dataset.lane * row;
      Object.assign(bar.style, { left: `${start}px`, width: `${width}px`, top: `${top}px` });
      bar.classList.toggle("tx__bar--ongoing", !to);
      bar.classList.toggle("tx__bar--before", left < 0);
      const name = named.has(drug) ? null : beside(list, "tx__name", drug, top);
      const outside = name && name.offsetWidth + GAP <= start;
      if (name && outside) name.style.left = `${start - name.offsetWidth - GAP}px`;
      else if (name) name.remove();
      const room = { start, width, top, end: until(bar, bars[index + 1], box, list) };
      const texts = named.has(drug) || outside ? [dose] : [`${drug} ${dose}`.trim(), drug];
      if (texts.some((text) => write(list, bar, text, room)) || outside) named.add(drug);
    });
  }

  /** How far words behind a bar may reach: to the next dose of its drug. */
  function until(bar, next, box, list) {
    const same = next && next.dataset.lane === bar.dataset.lane;
    return same ? box.left + share(next.dataset.from) * box.width : list.clientWidth;
  }

  /** Into the bar, else behind it; false where neither has room. */
  function write(list, bar, text, { start, width, top, end }) {
    const words = bar.querySelector(".tx__text");
    words.textContent = text;
    if (words.offsetWidth <= width) return true;
    words.textContent = "";
    const label = beside(list, "tx__out", text, top);
    const fits = start + width + GAP + label.offsetWidth <= end;
    if (fits) label.style.left = `${start + width + GAP}px`;
    else label.remove();
    return fits;
  }

  function beside(list, name, text, top) {
    const label = document.createElement("li");
    label.className = name;
    label.textContent = text;
    label.setAttribute("aria-hidden", "true");
    label.style.top = `${top}px`;
    list.append(label);
    return label;
  }

  /* ---- events: a diamond, its name where there is room ---- */
  function drawEvents() {
    const list = $("events-lane");
    if (!list) return;
    const box = inner(list);
    const shown = [...list.children].filter((mark) => {
      const where = share(mark.dataset.from);
      mark.hidden = where < 0 || where > 1;
      return !mark.hidden;
    });
    const places = shown.map((mark) => box.left + share(mark.dataset.from) * box.width);
    let free = 0;
    shown.forEach((mark, index) => {
      const name = mark.querySelector(".ev__name");
      mark.style.left = `${places[index]}px`;
      mark.classList.remove("ev__mark--left", "ev__mark--mute");
      const needs = name.offsetWidth + 14;
      const before = free;
      const next = index + 1 < places.length ? places[index + 1] - 10 : list.clientWidth;
      free = places[index] + 10;
      if (places[index] + needs <= next) free = places[index] + needs;
      else if (places[index] - needs >= before) mark.classList.add("ev__mark--left");
      else mark.classList.add("ev__mark--mute");
    });
  }

  /* ---- CTs: pictures where there is room, newest first, else marks; a picture goes before the date of a mark ---- */
  function drawScans() {
    const list = $("scans-lane");
    if (!list) return;
    const box = inner(list);
    const shown = [...list.children].reverse().filter((scan) => {
      const where = share(scan.dataset.from);
      scan.hidden = where < 0 || where > 1;
      return !scan.hidden;
    });
    const taken = [];
    const pictured = (scan) => Boolean(scan.querySelector(".scan__picture"));
    for (const scan of [...shown.filter(pictured), ...shown.filter((one) => !pictured(one))]) placeScan(list, scan, box, taken);
  }

  function placeScan(list, scan, box, taken) {
    const middle = box.left + share(scan.dataset.from) * box.width;
    scan.style.left = `${middle}px`;
    scan.classList.remove("scan--small");
    const reach = () => [middle - scan.offsetWidth / 2 - 1, middle + scan.offsetWidth / 2 + 1];
    const [from, to] = reach();
    if (taken.some(([left, right]) => from < right && to > left)) scan.classList.add("scan--small");
    taken.push(reach());
    const over = Math.max(0, middle + scan.offsetWidth / 2 - list.clientWidth);
    scan.querySelector(".scan__date").style.transform = over ? `translateX(${-over}px)` : "";
  }

  /** Where the plots begin inside a lane that is as wide as the panel, and how wide they are. */
  function inner(list) {
    const left = pixels("--plot-left");
    return { left, width: list.clientWidth - left - pixels("--plot-right") };
  }

  /* ---- figures: colours by their tokens, the axis of time from the page ---- */
  function inked(part) {
    if (typeof part === "string") {
      const found = /^var\((--[\w-]+)\)$/.exec(part);
      return found ? token(found[1]) : part;
    }
    if (Array.isArray(part)) return part.map(inked);
    if (part && typeof part === "object") return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, inked(one)]));
    return part;
  }

  function drawFigure(plot) {
    const choices = figures[plot.dataset.figure];
    const figure = inked(choices[unit] || Object.values(choices)[0]);
    const { layout } = figure;
    const days = ticks().map(({ day }) => day);
    Object.assign(layout.margin, { l: pixels("--plot-left"), r: pixels("--plot-right") });
    Object.assign(layout.xaxis, { range: ranges[period], tickvals: days });
    Object.assign(layout, { width: plot.clientWidth, height: plot.clientHeight });
    const inside = layout.width - layout.margin.l - layout.margin.r;
    for (const trace of figure.data) if (trace.type === "bar") trace.width = ((last() - first()) * BAR) / inside;
    for (const one of layout.annotations || []) if (one.name === "divider" && share(one.x) > 0.6) one.xanchor = "right";
    if (plot.clientWidth < 480) {
      delete layout.yaxis.ticksuffix;
      layout.annotations = (layout.annotations || []).filter((one) => one.name !== "wide");
    }
    return window.Plotly.react(plot, figure.data, layout, { displayModeBar: false, responsive: false, scrollZoom: false });
  }

  function drawFigures() {
    for (const plot of holder.querySelectorAll("[data-figure]")) {
      if (window.Plotly) drawFigure(plot);
      else {
        plot.className = "empty small";
        plot.textContent = "The chart could not be drawn: its library did not load. The summary and the data below hold the same.";
      }
    }
  }

  /** Lanes and readout first: figures take longer. */
  function draw() {
    drawAxis();
    drawTreatments();
    drawEvents();
    drawScans();
    if (stops.length) point(time(stops[at]));
    placeBars();
    drawFigures();
  }

  /* ---- the time cursor: mouse, or left and right ---- */
  function nearest(kind, moment) {
    const far = (visit) => Math.abs(time(visit.date) - moment);
    return visits.filter((visit) => visit.kind === kind).reduce((best, visit) => (best && far(best) <= far(visit) ? best : visit), null);
  }

  function span(text, name) {
    const made = document.createElement("span");
    made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  function told(visit) {
    const group = span("", "readout__visit");
    group.append(span(`${visit.kind === "ct" ? "CT " : "Lung function "}`, "muted"), span(visit.date, "readout__value"));
    for (const [name, value, of] of visit.parts) {
      const part = span(name ? `${name} ` : "");
      part.append(span(value, "readout__value"), of ? ` ${of}` : "");
      group.append(" ", part);
    }
    if (visit.note) group.append(" ", span(visit.note, "badge badge--warn"));
    return group;
  }

  function point(moment) {
    const box = lane.getBoundingClientRect();
    const where = (moment - first()) / (last() - first());
    const cursor = $("cursor");
    cursor.hidden = where < 0 || where > 1;
    cursor.style.left = `${box.left - holder.getBoundingClientRect().left + where * box.width}px`;
    $("readout").replaceChildren(...["function", "ct"].map((kind) => nearest(kind, moment)).filter(Boolean).map(told));
  }

  function follow(event) {
    const box = lane.getBoundingClientRect();
    const where = (event.clientX - box.left) / box.width;
    if (where < 0 || where > 1) return;
    const moment = first() + where * (last() - first());
    at = stops.reduce((best, day, index) => (Math.abs(time(day) - moment) < Math.abs(time(stops[best]) - moment) ? index : best), 0);
    point(moment);
  }

  function step(event) {
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: stops.length - 1 };
    if (event.target !== holder || !(event.key in moves)) return;
    event.preventDefault();
    at = Math.min(Math.max(moves[event.key], 0), stops.length - 1);
    if (share(stops[at]) < 0 || share(stops[at]) > 1) choose($("period"), "all");
    point(time(stops[at]));
    $("visit-spoken").textContent = visits
      .filter((visit) => visit.date === stops[at])
      .map((visit) => told(visit).textContent)
      .join("; ");
  }

  /* ---- choices ---- */
  function choose(group, value) {
    for (const button of group.querySelectorAll("button")) button.setAttribute("aria-pressed", button.value === value);
    if (group.id === "period") period = value;
    else unit = value;
    draw();
  }

  function offer(group) {
    if (group) group.addEventListener("click", (event) => event.target.value && choose(group, event.target.value));
  }

  /** Patient, readout and axis stick below one another. */
  function placeBars() {
    let top = 0;
    for (const bar of [document.querySelector(".pt"), $("readout"), lane.parentElement]) {
      if (getComputedStyle(bar).position !== "sticky") continue;
      bar.style.top = `${top}px`;
      top += bar.offsetHeight;
    }
    root.style.scrollPaddingTop = `${top + GAP}px`;
  }

  let waiting = 0;
  function soon() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(draw);
  }

  offer($("period"));
  offer($("unit"));
  for (const name of ["mousemove", "pointerdown"]) holder.addEventListener(name, follow);
  holder.addEventListener("keydown", step);
  let width = holder.clientWidth;
  new ResizeObserver(() => {
    if (holder.clientWidth !== width) soon();
    width = holder.clientWidth;
  }).observe(holder);
  // A reader's word changes the marks of the CTs, which come anew without their places.
  document.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target.id === "scans-lane" && soon());
  new MutationObserver(soon).observe(root, { attributeFilter: ["data-theme"] });
  $("readout").hidden = !stops.length;
  draw();
})();

"use strict";

// Draws the figures in their order, follows the switches, and makes the page ready to print.

const specifications = JSON.parse(document.getElementById("figures").textContent);
const drawn = new Set();
const PRINT_WIDTH = 660; // CSS pixels of an A4 page between its margins
const PRINT_HEIGHT = 0.6; // of the height on the screen

const CONFIG = {
  responsive: true,
  displaylogo: false,
  // These alone: others would send a figure away to be shared.
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "autoScale2d", "resetScale2d"]],
};

const BASE = {
  showlegend: false,
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { size: 12 },
  margin: { l: 62, r: 16, t: 28, b: 48 },
  hoverlabel: { font: { size: 12 }, namelength: -1 },
};

function axis(own) {
  return { automargin: true, ...own };
}

function draw(element) {
  if (drawn.has(element)) return;
  drawn.add(element);
  const { data, layout } = specifications[element.id];
  Plotly.newPlot(
    element,
    data,
    { ...BASE, ...layout, xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis) },
    CONFIG,
  );
  followSwitches(element);
}

function heightOf(element) {
  return specifications[element.id].layout.height;
}

function isShown(element) {
  return element.closest("details:not([open])") === null;
}

function shownPlots() {
  return [...document.querySelectorAll(".plot")].filter(isShown);
}

// One figure a frame, so that the page can be read and scrolled meanwhile.
function drawInTurn() {
  const next = shownPlots().find((element) => !drawn.has(element));
  if (next === undefined) {
    document.documentElement.dataset.drawn = "all";
    return;
  }
  draw(next);
  setTimeout(drawInTurn, 0);
}

// ---- switches -----------------------------------------------------------------------------------

function followSwitches(element) {
  const boxes = [...document.querySelectorAll("[data-group]")];
  const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => Number(box.dataset.group)));
  const seeds = document.getElementById("seeds")?.checked ?? false;
  const traces = element.data;
  if (!traces.some((trace) => trace.meta)) return;
  const visible = traces.map(
    ({ meta }) => !meta || (!hidden.has(meta.group) && (!meta.seed || seeds)),
  );
  Plotly.restyle(element, { visible });
}

for (const box of document.querySelectorAll(".switches input")) {
  box.addEventListener("change", () => drawn.forEach(followSwitches));
}

// ---- runs that open and close -------------------------------------------------------------------

const runs = [...document.querySelectorAll("details.run")];

for (const run of runs) run.addEventListener("toggle", drawInTurn);

for (const button of document.querySelectorAll("[data-runs]")) {
  button.addEventListener("click", () => {
    for (const run of runs) run.open = button.dataset.runs === "open";
  });
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches("details")) target.open = true;
}

window.addEventListener("hashchange", openTarget);

// ---- light and dark -----------------------------------------------------------------------------

const button = document.getElementById("theme");
let dark = matchMedia("(prefers-color-scheme: dark)").matches;

function showTheme() {
  button.textContent = dark ? "Light page" : "Dark page";
}

button.addEventListener("click", () => {
  dark = !dark;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  showTheme();
});

// ---- paper --------------------------------------------------------------------------------------

window.addEventListener("beforeprint", () => {
  shownPlots().forEach(draw);
  for (const element of drawn) {
    const height = PRINT_HEIGHT * heightOf(element);
    Plotly.relayout(element, { autosize: false, width: PRINT_WIDTH, height });
  }
});

window.addEventListener("afterprint", () => {
  for (const element of drawn) {
    Plotly.relayout(element, { autosize: true, width: null, height: heightOf(element) });
  }
});

showTheme();
openTarget();
drawInTurn();

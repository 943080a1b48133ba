// @ts-check
/** Curves under one clock: in Compare loss, gradient norm before and after, angle. */

import { rootSize } from "../lib/canvas.js";
import { fill, h, s, setText, show } from "../lib/dom.js";
import { count, percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { chartsOf } from "../plots/chartData.js";
import { createCurves } from "../plots/curves.js";
import { variantStyle } from "../plots/palette.js";

/**
 * @param {HTMLElement} root
 * @param {{onSeek: (step: number) => void, onTable: (chart: string) => void}} listeners
 * @param {string[]} ids @param {(session: any) => {parts: any[], runs: any[], charts: () => import("../plots/chartData.js").ChartData[]} | null} read
 *   what the curves show, made anew only when one of `parts` is another
 */
export function createCharts(root, { onSeek, onTable }, ids = ["loss", "norm", "angle"], read = compared) {
  const charts = ids.map((id) => createChart(id, { onSeek, onTable }));
  fill(root, charts.map((chart) => chart.element));
  let shown = /** @type {any[]} */ ([]);
  return {
    measure: () => charts.forEach((chart) => chart.measure()),
    update({ session }) {
      const seen = read(session);
      if (!seen || seen.parts.every((part, index) => part === shown[index])) return;
      shown = seen.parts;
      const data = seen.charts();
      charts.forEach((chart, index) => chart.update(data[index], seen.runs, session.theme));
    },
    /** @param {{position: number}} clock */
    tick(clock) {
      charts.forEach((chart) => chart.tick(clock));
    },
  };
}

function compared({ result, theme, shown, rules }) {
  if (!result) return null;
  const runs = result.variants.slice(0, shown);
  return { parts: [result, theme], runs, charts: () => chartsOf({ ...result, variants: runs }, rules.map((rule) => rule.threshold)) };
}

function createChart(id, { onSeek, onTable }) {
  const canvas = () => h("canvas", { class: "layer", "aria-hidden": "true" });
  const [base, bright, now] = [canvas(), canvas(), canvas()];
  const title = h("h3", { class: "chart-title" });
  const extra = h("span", { class: "chart-extra" });
  const table = h("button", { type: "button", class: "quiet square small", "data-control": "numbers", title: "Table of these numbers", onclick: () => onTable(id) }, icon("table"));
  const tooltip = h("div", { class: "tooltip", hidden: true, "aria-hidden": "true" });
  const plot = h("div", { class: "chart-plot", role: "img" }, base, bright, now, tooltip);
  const element = h("figure", { class: "chart", "data-chart": id, "data-control": `curves curve_${id}` }, h("figcaption", { class: "chart-head" }, title, extra, table), plot);
  const curves = createCurves({ base, bright, now });
  let chart = /** @type {any} */ (null);
  let runs = /** @type {any[]} */ ([]);
  let theme = /** @type {import("../plots/palette.js").Theme} */ ("light");

  let explained = "";

  const stepAt = (event) => curves.stepAt(event.clientX - plot.getBoundingClientRect().left);
  let scrubbing = false;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !chart) return;
    scrubbing = event.pointerType !== "touch";
    if (scrubbing) plot.setPointerCapture(event.pointerId);
    onSeek(stepAt(event));
  });
  plot.addEventListener("pointermove", (event) => {
    if (!chart) return;
    if (scrubbing) onSeek(stepAt(event));
    read(stepAt(event));
  });
  plot.addEventListener("pointerup", () => {
    scrubbing = false;
  });
  plot.addEventListener("pointerleave", () => show(tooltip, false));

  const read = (step) => {
    const rows = runs.map((run, variant) => {
      const values = chart.lines.filter((line) => line.variant === variant).map((line) => (step < line.values.length ? chart.format(line.values[step]) : "–"));
      return h("div", { class: "tooltip-row", style: { "--variant": variantStyle(variant, theme).colour } }, h("span", {}, run.name), h("b", {}, values.join(" → ")));
    });
    fill(tooltip, h("div", { class: "tooltip-step" }, `${chart.noun ?? "step"} ${step}`), rows);
    show(tooltip, true);
    const layout = curves.layout();
    const x = layout.across(step);
    tooltip.style.setProperty("transform", `translateX(${x > layout.left + layout.width / 2 ? `calc(${x - 10}px - 100%)` : `${x + 10}px`})`);
  };

  return {
    element,
    measure() {
      curves.resize({ width: plot.clientWidth, height: plot.clientHeight, rem: rootSize() });
    },
    update(nextChart, nextRuns, nextTheme) {
      [chart, runs, theme] = [nextChart, nextRuns, nextTheme];
      setText(title, chart.title);
      const signs = JSON.stringify([chart.scale, chart.extra]);
      if (signs !== explained) fill(extra, samplesOf(chart));
      explained = signs;
      table.setAttribute("aria-label", `Table: ${chart.title}`);
      plot.setAttribute("aria-label", summary(chart, runs));
      curves.setChart(chart, theme);
    },
    tick(clock) {
      curves.draw(clock.position);
    },
  };
}

/** What dashes, lines and dots mean, or that the axis is logarithmic. */
function samplesOf({ id, scale, extra }) {
  const samples = extra ?? (id === "norm" ? [["sample-dash", "before"], ["sample-solid", "after"]] : scale === "log" ? "logarithmic" : "");
  return typeof samples === "string" ? samples : samples.map(([name, words]) => lineSample(name, words));
}

function lineSample(name, words) {
  return h("span", { class: "sample" }, s("svg", { viewBox: "0 0 28 16", "aria-hidden": "true" }, s("path", { d: name === "sample-dot" ? "M2 8h24M11.5 5.5h5v5h-5z" : "M2 8h24", class: name })), words);
}

/** One sentence per variant for those who do not see the curve. */
function summary(chart, runs) {
  const noun = chart.noun ?? "step";
  const parts = runs.map((run, variant) => {
    const values = chart.lines.filter((line) => line.variant === variant && !line.dashed)[0].values;
    const end = values.length ? chart.format(values[values.length - 1]) : "–";
    const fired = chart.id === "norm" ? `, clipped at ${percent(run.summary.clip_fraction)} of ${noun}s` : "";
    return `${run.name}: from ${values.length ? chart.format(values[0]) : "–"} to ${end}${fired}`;
  });
  return `${chart.title} over ${count(chart.last, noun)}. ${parts.join("; ")}.`;
}

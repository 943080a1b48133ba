// @ts-check
/** What the tables of the Recurrent tab list: every update of one variant, or one quantity of all variants. */

import { number, percent } from "./lib/format.js";
import { labChartsOf } from "./plots/labCharts.js";

/** @param {import("./api/growing.js").Growing} run @param {number | string} which a variant, or a chart */
export function labTable(run, which) {
  return typeof which === "number" ? variantTable(run, which) : chartTable(run, which);
}

const NUMBERS = { loss: "loss", accuracy: "accuracy", clip_input_norm: "gradient norm before", clipped_norm: "after the clip", update_norm: "update norm", update_ratio: "update / parameters" };

function variantTable({ problem, variants }, index) {
  const { name, series, steps } = variants[index];
  const keys = Object.keys(NUMBERS).filter((key) => key !== "accuracy" || problem.accuracy_label);
  const cell = (key, step) => (step < (series[key]?.length ?? 0) ? number(series[key][step], 5) : "");
  return {
    title: `${name}: every update`,
    columns: ["update", ...keys.map((key) => NUMBERS[key]), "clipped"],
    length: steps + 1,
    row: (step) => [String(step), ...keys.map((key) => cell(key, step)), step < steps ? (series.fired[step] ? "yes" : "no") : ""],
  };
}

function chartTable(run, id) {
  const chart = /** @type {any} */ (labChartsOf(run, []).find((one) => one.id === id));
  const names = chart.lines.map(({ variant, label }) => (label ? `${run.variants[variant].name}, ${label}` : run.variants[variant].name));
  const held = (chart.dots ?? []).map(({ variant }) => `${run.variants[variant].name}, held-out`);
  const heldAt = ({ steps, values, count }, step) => {
    const place = steps.subarray(0, count).indexOf(step);
    return place < 0 ? "" : chart.percent ? percent(values[place]) : number(values[place], 5);
  };
  const longest = Math.max(0, ...run.variants.map(({ steps }) => steps));
  return {
    title: `${chart.title} at every update`,
    columns: ["update", ...names, ...held],
    length: longest + 1,
    row: (step) => [String(step), ...chart.lines.map(({ values }) => (step < values.length ? chart.format(values[step]) : "")), ...(chart.dots ?? []).map((dots) => heldAt(dots, step))],
  };
}

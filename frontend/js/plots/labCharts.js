// @ts-check
/** The curves of a training run, read out of what has come so far. */

import { fixed, number } from "../lib/format.js";
import { firedSteps } from "./chartData.js";

const share = (value) => (Number.isFinite(value) ? `${fixed(100 * value, 1)} %` : "–");

/**
 * @param {import("../api/growing.js").Growing} run @param {(number | null)[]} thresholds one per variant
 * @returns {import("./chartData.js").ChartData[]}
 */
export function labChartsOf(run, thresholds) {
  const { problem, nSteps: last, variants } = run;
  const { baseline } = problem;
  const line = (name, dashed = false, label = "") => variants.map(({ series }, variant) => ({ variant, values: series[name] ?? [], dashed, label }));
  const dots = (name) => variants.map(({ probes }, variant) => ({ variant, steps: probes.steps, values: probes.values[name]?.data ?? [], count: probes.count }));
  const limit = (value) => (value === null || value === undefined ? [] : [{ variant: 0, value, label: baseline.label }]);
  const common = { last, noun: "update", unit: "", limits: [], fired: [], format: number, growing: variants.map(({ ended }) => !ended) };
  const measured = { ...common, extra: /** @type {any} */ ([["sample-thin", "batch"], ["sample-dot", "held-out"]]) };
  return [
    { ...measured, id: "loss", title: "Loss", scale: "log", lines: line("loss"), dots: dots("held_out_loss"), limits: limit(baseline.loss) },
    {
      ...measured, id: "accuracy", title: "Accuracy", scale: "linear", format: share, range: [0, 1], percent: true,
      lines: line("accuracy"), dots: dots("held_out_accuracy"), limits: limit(baseline.accuracy),
    },
    {
      ...common, id: "norm", title: "Gradient norm", scale: "log", extra: [["sample-dash", "before"], ["sample-solid", "after"]],
      lines: [...line("clip_input_norm", true, "before"), ...line("clipped_norm", false, "after")],
      limits: distinct(thresholds), fired: variants.map((variant, index) => ({ variant: index, steps: firedSteps(/** @type {any} */ (variant)) })),
    },
    { ...common, id: "ratio", title: "Update / parameter norm", scale: "log", extra: "logarithmic", lines: line("update_ratio") },
  ];
}

function distinct(thresholds) {
  return [...new Set(thresholds.filter((value) => value !== null))].map((value) => ({ variant: 0, value: /** @type {number} */ (value) }));
}

// @ts-check
/** What the three curves show, read out of the runs. */

import { degrees, number } from "../lib/format.js";

/**
 * @typedef {{variant: number, values: ArrayLike<number>, dashed: boolean, label: string}} Line
 * @typedef {{variant: number, steps: ArrayLike<number>, values: ArrayLike<number>, count: number}} Dots measured now and then
 * @typedef {{id: string, title: string, unit: string, scale: "log" | "linear", lines: Line[], limits: {variant: number, value: number, label?: string}[],
 *   fired: {variant: number, steps: ArrayLike<number>}[], last: number, format: (value: number) => string, dots?: Dots[], growing?: boolean[],
 *   range?: number[], percent?: boolean, extra?: any}} ChartData `growing`: variants that are being computed
 */

/**
 * @param {import("../api/results.js").Result} result @param {(number | null)[]} thresholds one per variant
 * @returns {ChartData[]}
 */
export function chartsOf(result, thresholds) {
  const last = result.experiment.n_steps;
  const runs = result.variants;
  const line = (name, dashed, label) => (run, variant) => ({ variant, values: run.series[name], dashed, label });
  const loss = runs.map(line("loss", false, ""));
  const positive = loss.every(({ values }) => smallest(values) > 0 || smallest(values) === Infinity);
  const common = { last, limits: [], fired: [], format: number };
  const before = runs.some((run) => run.series.clip_input_norm) ? "clip_input_norm" : "grad_norm";
  return [
    { ...common, id: "loss", title: "Loss", unit: "", scale: positive ? "log" : "linear", lines: loss },
    {
      ...common,
      id: "norm",
      title: "Gradient norm",
      unit: "",
      scale: "log",
      lines: [...runs.map(line(before, true, "before")), ...runs.map(line("clipped_norm", false, "after"))],
      limits: distinct(thresholds),
      fired: runs.map((run, variant) => ({ variant, steps: firedSteps(run) })),
    },
    {
      ...common,
      id: "angle",
      title: "Angle, raw to clipped",
      unit: "°",
      scale: "linear",
      lines: runs.map(line("angle", false, "")),
      format: degrees,
    },
  ];
}

function smallest(values) {
  let low = Infinity;
  for (let index = 0; index < values.length; index += 1) if (values[index] < low) low = values[index];
  return low;
}

function distinct(thresholds) {
  const seen = new Set();
  return thresholds.flatMap((value, variant) => {
    if (value === null || seen.has(value)) return [];
    seen.add(value);
    return [{ variant, value }];
  });
}

/** Steps at which the clip changed the gradient. @param {import("../api/results.js").VariantRun} run */
export function firedSteps({ series, steps }) {
  const found = [];
  for (let step = 0; step < steps; step += 1) {
    const fired = series.fired
      ? series.fired[step]
      : series.grad[2 * step] !== series.clipped[2 * step] || series.grad[2 * step + 1] !== series.clipped[2 * step + 1];
    if (fired) found.push(step);
  }
  return found;
}

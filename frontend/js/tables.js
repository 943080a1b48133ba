// @ts-check
/** What the tables list: every step of one variant, or one quantity of all variants. */

import { degrees, number } from "./lib/format.js";
import { chartsOf } from "./plots/chartData.js";

/** @param {any} session @param {number} index */
export function variantTable(session, index) {
  const run = session.result.variants[index];
  const [x, y] = session.surface.axisLabels;
  const { params, loss, grad_norm: before, clipped_norm: after, angle, fired } = run.series;
  const at = (values, step, format = number) => (step < run.steps ? format(values[step]) : "");
  return {
    title: `${run.name}: every step`,
    columns: ["step", x, y, "loss", "gradient norm before", "after the clip", "turned", "clipped"],
    length: run.steps + 1,
    row: (step) => [
      String(step), number(params[2 * step], 5), number(params[2 * step + 1], 5), number(loss[step], 5),
      at(before, step), at(after, step), at(angle, step, degrees), step < run.steps ? (fired?.[step] ? "yes" : "no") : "",
    ],
  };
}

/** @param {any} session @param {string} id */
export function chartTable(session, id) {
  const runs = session.result.variants.slice(0, session.shown);
  const chart = /** @type {any} */ (chartsOf({ ...session.result, variants: runs }, session.rules.map((rule) => rule.threshold)).find((one) => one.id === id));
  const name = (line) => (line.label ? `${runs[line.variant].name}, ${line.label}` : runs[line.variant].name);
  return {
    title: `${chart.title} at every step`,
    columns: ["step", ...chart.lines.map(name)],
    length: chart.last + 1,
    row: (step) => [String(step), ...chart.lines.map((line) => (step < line.values.length ? chart.format(line.values[step]) : ""))],
  };
}

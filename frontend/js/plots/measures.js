// @ts-check
/** What a stability map can show of a cell, the one scale that all its maps have for it, and the ink of every cell. */

import { outcomeOf, outcomesOf } from "../api/sweeps.js";
import { linearTicks } from "../lib/scale.js";
import { number, percent, tick } from "../lib/format.js";
import { createHeatScale, heatShare } from "./heatScale.js";

/** @typedef {import("../api/sweeps.js").Sweep} Sweep */
/** @typedef {{kind: "outcome" | "log" | "linear", low: number, high: number, below: boolean, above: boolean, title: string,
 *   ticks: {share: number, words: string}[], special: string[]}} Scale `low`, `high`: powers of ten where it is logarithmic; `special`: inks beside the scale
 */

const TITLES = {
  outcome: "Outcome", final_loss: "Final loss", steps: "Steps to converge", clip_fraction: "Share of clipped steps",
  max_grad_norm: "Largest gradient norm", share_near: "Share of seeds that end near a minimum", share_converged: "Share of seeds that converge",
  share_diverged: "Share of seeds that diverge",
};
/** Networks solve a task. */
const TRAINING = { final_loss: "Final held-out loss", steps: "Updates until solved", share_near: "Share of seeds that solve the task", share_converged: "Share of seeds that solve the task" };
const SHARES = new Set(["clip_fraction", "share_near", "share_converged", "share_diverged"]);

/** @param {import("../state/map.js").Measure} measure @param {Sweep | null} sweep */
export function titleOf(measure, sweep) {
  if (sweep?.experiment.task && TRAINING[measure]) return TRAINING[measure];
  return measure === "final_loss" && sweep && offsetOf(sweep) !== 0 ? "Final loss above the lowest" : TITLES[measure];
}

/** The lowest loss there is, where that is known and not 0: a logarithmic scale counts from it. @param {Sweep} sweep */
function offsetOf({ problem }) {
  return typeof problem.optimal_value === "number" ? problem.optimal_value : 0;
}

/**
 * What a cell has of a measure, as it is drawn: NaN where it has none, and why is told by `reasonOf`.
 * @param {Sweep} sweep @param {import("../api/sweeps.js").Cells} cells @param {import("../state/map.js").Measure} measure @param {number} cell
 */
export function valueOf(sweep, cells, measure, cell) {
  if (measure === "final_loss") return cells.final_loss[cell] - offsetOf(sweep);
  if (measure === "steps") return cells.steps[cell] < 0 ? NaN : cells.steps[cell];
  return cells[measure][cell];
}

/** One scale for all variants, of the cells that have come. @param {Sweep} sweep @param {import("../state/map.js").Measure} measure @returns {Scale} */
export function scaleOf(sweep, measure) {
  const title = titleOf(measure, sweep);
  if (measure === "outcome") return { kind: "outcome", low: 0, high: 1, below: false, above: false, title, ticks: [], special: outcomesOf(sweep) };
  const special = { steps: ["never"], final_loss: ["diverged", "broken"], max_grad_norm: ["broken"] }[measure] ?? [];
  if (SHARES.has(measure)) return { kind: "linear", low: 0, high: 1, below: false, above: false, title, ticks: ticksOfShares(), special };
  const heat = createHeatScale();
  const values = new Float64Array(sweep.columns * sweep.rows);
  let negative = false;
  for (const { cells } of sweep.variants) {
    for (let cell = 0; cell < values.length; cell += 1) {
      const shown = sweep.source[cell] === cell && !isApart(sweep, cells, measure, cell);
      values[cell] = shown ? valueOf(sweep, cells, measure, cell) : NaN;
      negative ||= values[cell] < -1e-9;
    }
    heat.include(values, 0, values.length);
  }
  if (measure === "steps") return { kind: "log", title, special, ...stepScale(sweep) };
  return negative ? linearScale(sweep, measure, title, special) : { kind: "log", title, special, ...logScale(heat.decades()) };
}

/** Steps span few powers of ten: from the fewest to the most that a run took. */
function stepScale({ variants, source }) {
  let [least, most] = [Infinity, 1];
  for (const { cells } of variants) {
    for (let cell = 0; cell < source.length; cell += 1) {
      if (source[cell] !== cell || cells.steps[cell] < 0) continue;
      [least, most] = [Math.min(least, Math.max(1, cells.steps[cell])), Math.max(most, cells.steps[cell])];
    }
  }
  const from = Math.min(least, most / 2);
  const [low, high] = [Math.log10(from), Math.log10(most)];
  const values = [...new Set([Math.round(from), ...roundSteps(from, most), most])];
  const ticks = values.map((value) => ({ share: Math.max(0, (Math.log10(value) - low) / (high - low)), words: tick(value) }));
  return { low, high, below: false, above: false, ticks: apart(ticks) };
}

/** 1, 2, 5, 10, ... between two numbers. */
function roundSteps(from, to) {
  return Array.from({ length: 13 }, (_, place) => [1, 2, 5][place % 3] * 10 ** Math.floor(place / 3)).filter((value) => value > from && value < to);
}

/** Labels that leave each other room; those at the ends stay. */
function apart(ticks) {
  const last = ticks[ticks.length - 1];
  return ticks.filter((one, place) => one === last || place === 0 || (last.share - one.share > 0.15 && one.share - ticks[place - 1].share > 0.15));
}

/** What can be shown: shares of seeds only where there are several. @param {import("../state/map.js").Measure} wanted @param {Sweep | null} sweep */
export const shownMeasure = (wanted, sweep) => (wanted.startsWith("share_") && sweep && sweep.seeds === 1 ? "outcome" : wanted);

const ticksOfShares = () => [0, 0.25, 0.5, 0.75, 1].map((share) => ({ share, words: percent(share) }));

function logScale({ low, high, below, above }) {
  const every = Math.ceil((high - low) / 4);
  const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter((power) => (high - power) % every === 0 || power === low);
  const kept = powers.filter((power) => power === low || power - low >= every * 0.75);
  const words = (power) => (power === low && below ? "≤" : power === high && above ? "≥" : "") + tick(10 ** power);
  return { low, high, below, above, ticks: kept.map((power) => ({ share: (power - low) / (high - low), words: words(power) })) };
}

/** Where numbers lie below zero, a logarithmic scale has no place for them: what is common fills a linear one. */
function linearScale(sweep, measure, title, special) {
  const all = sweep.variants.flatMap(({ cells }) => Array.from(sweep.source, (source, cell) => (source === cell && !isApart(sweep, cells, measure, cell) ? valueOf(sweep, cells, measure, cell) : NaN)));
  const sorted = Float64Array.from(all.filter(Number.isFinite)).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const [low, high] = [at(0), Math.max(at(0.95), at(0) + 1e-9)];
  const above = sorted[sorted.length - 1] > high;
  const ticks = linearTicks(low, high, 4).map((value) => ({ share: (value - low) / (high - low), words: tick(value) }));
  return { kind: /** @type {"linear"} */ ("linear"), low, high, below: false, above, title, ticks, special };
}

/** @param {number} value @param {Scale} scale @returns {number} 0 .. 1 */
export function shareOf(value, scale) {
  return scale.kind === "log" ? heatShare(value, scale) : Math.max(0, Math.min(1, (value - scale.low) / (scale.high - scale.low)));
}

/** A run that was stopped has no final loss that would say anything: it is shown as what it is. */
function isApart({ statuses }, cells, measure, cell) {
  return measure === "final_loss" && statuses[cells.status[cell]] === "diverged";
}

/**
 * The ink of every cell of a variant: a place in the table of `inksFor`, -1 where nothing has come.
 * @param {Sweep} sweep @param {number} variant @param {import("../state/map.js").Measure} measure @param {Scale} scale @param {Record<string, number>} special
 */
export function inkOfCells(sweep, variant, measure, scale, special) {
  const { cells } = sweep.variants[variant];
  const inkOf = (cell) => {
    if (measure === "outcome") return special[outcomeOf(sweep, cells, cell)] ?? -1;
    if (isApart(sweep, cells, measure, cell)) return special.diverged;
    const value = valueOf(sweep, cells, measure, cell);
    if (!Number.isFinite(value)) return measure === "steps" ? special.never : special.broken;
    return Math.round(shareOf(value, scale) * 255);
  };
  return Int16Array.from(sweep.source, (cell) => (cell < 0 ? -1 : inkOf(cell)));
}

/** A measure of a cell in words. @param {Sweep} sweep @param {import("../api/sweeps.js").Cells} cells @param {import("../state/map.js").Measure} measure @param {number} cell */
export function wordsOf(sweep, cells, measure, cell) {
  if (measure === "outcome") return outcomeOf(sweep, cells, cell) || "–";
  if (measure === "steps") return cells.steps[cell] < 0 ? "never" : String(cells.steps[cell]);
  if (SHARES.has(measure)) return Number.isFinite(cells[measure][cell]) ? percent(cells[measure][cell]) : "–";
  return Number.isNaN(cells[measure][cell]) ? "not finite" : number(cells[measure][cell]);
}

// @ts-check
/** A stability map that fills in while it is computed: every cell of the grid for every variant, coarse to fine. */

import { decodeArray } from "../lib/arrays.js";

/**
 * @typedef {{path: string, label: string, scale: "log" | "linear", low: number, high: number, values: number[], integer: boolean}} SweptAxis
 * @typedef {{status: Uint8Array, final_loss: Float64Array, steps: Int32Array, clip_fraction: Float64Array, max_grad_norm: Float64Array,
 *   thrown: Uint8Array, share_near: Float64Array, share_converged: Float64Array, share_diverged: Float64Array}} Cells one number per cell, cell
 *   y * columns + x; `status` is a place in `statuses`; of several seeds it is how most end, numbers are medians, and there are shares
 * @typedef {{name: string, x: boolean, y: boolean, cells: Cells}} SweptVariant  `x`, `y`: whether the axis concerns it at all
 * @typedef {{id: string, label: string, text: string, variants: number[], x: number[], y: number[]}} Overlay a curve in the numbers of the axes
 * @typedef {{experiment: any, problem: any, x: SweptAxis, y: SweptAxis, columns: number, rows: number, seeds: number, variants: SweptVariant[],
 *   statuses: string[], overlays: Overlay[], source: Int32Array, grain: Uint16Array, runs: number, done: number, remaining: number | null,
 *   known: number, complete: boolean, version: number}} Sweep  `known` cells were computed; `source` is the computed cell that fills a cell, -1: none yet; `grain` the side of its block
 */

/** A map of which nothing has come yet. @param {any} start the first event @returns {Sweep} */
export function sweepFrom({ experiment, problem, x, y, variants, seeds, statuses, overlays, estimate }) {
  const [columns, rows] = [x.values.length, y.values.length];
  const size = columns * rows;
  return {
    experiment, problem, x, y, columns, rows, seeds, statuses, overlays: overlays ?? [],
    variants: variants.map(({ name, x: across, y: up }) => ({ name, x: across, y: up, cells: emptyCells(size) })),
    source: new Int32Array(size).fill(-1), grain: new Uint16Array(size).fill(0xffff),
    runs: estimate?.runs ?? size * variants.length, done: 0, remaining: estimate?.wait ?? null, known: 0, complete: false, version: 0,
  };
}

/** @returns {Cells} */
function emptyCells(size) {
  const numbers = () => new Float64Array(size).fill(NaN);
  return {
    status: new Uint8Array(size).fill(255), final_loss: numbers(), steps: new Int32Array(size).fill(-1), clip_fraction: numbers(),
    max_grad_norm: numbers(), thrown: new Uint8Array(size), share_near: numbers(), share_converged: numbers(), share_diverged: numbers(),
  };
}

/** Write an event into a map. A stream that had to begin again sends the same once more. @param {Sweep} sweep @param {string} name @param {any} data */
export function writeEvent(sweep, name, data) {
  if (name === "tile") writeTile(sweep, data);
  if (name === "progress") [sweep.done, sweep.runs, sweep.remaining] = [Math.max(sweep.done, data.done), data.total, data.seconds_left];
  if (name === "end") [sweep.done, sweep.complete] = [sweep.runs, true];
  sweep.version += 1;
}

function writeTile(sweep, { level, cells: wire, variants }) {
  const places = decodeArray(wire).data;
  variants.forEach((sent, index) => {
    const { cells } = sweep.variants[index];
    const shares = { share_near: sent.near, share_converged: sent.shares?.converged, share_diverged: sent.shares?.diverged };
    for (const [name, numbers] of Object.entries({ ...sent, ...shares })) {
      if (!cells[name] || !numbers) continue;
      const { data } = decodeArray(numbers);
      for (let order = 0; order < places.length; order += 1) cells[name][places[order]] = data[order];
    }
  });
  for (let order = 0; order < places.length; order += 1) {
    if (sweep.source[places[order]] !== places[order]) sweep.known += 1;
    fillBlock(sweep, places[order], level);
  }
}

/** Until finer ones come, a cell stands for the block to its right and above. */
function fillBlock({ columns, rows, source, grain }, cell, level) {
  const [left, bottom] = [cell % columns, Math.floor(cell / columns)];
  for (let y = bottom; y < Math.min(rows, bottom + level); y += 1) {
    for (let x = left; x < Math.min(columns, left + level); x += 1) {
      const place = y * columns + x;
      if (grain[place] < level) continue;
      [grain[place], source[place]] = [level, cell];
    }
  }
}

/** All outcomes that a map tells apart, in the order of a legend. @param {Sweep} sweep */
export function outcomesOf({ statuses, experiment }) {
  if (experiment.task) return statuses;
  return statuses.flatMap((status) => (status === "diverged" ? ["thrown", status] : [status]));
}

/**
 * How the run of a cell ended; "" where it was not computed. As in Compare, a run that was thrown out of the window and neither came back nor diverged is told as that.
 * @param {Sweep} sweep @param {Cells} cells @param {number} cell
 */
export function outcomeOf({ statuses }, { status, thrown }, cell) {
  const name = statuses[status[cell]] ?? "";
  return thrown[cell] && name !== "converged" && name !== "diverged" ? "thrown" : name;
}

/**
 * The curves of a map, each idea once and with a letter: rules that bend the same idea differently have curves of their own under one letter.
 * @param {Sweep} sweep @returns {{letter: string, label: string, text: string, curves: Overlay[]}[]}
 */
export function ideasOf({ overlays, variants }) {
  return [...new Set(overlays.map(({ id }) => id))].map((id, order) => {
    const curves = overlays.filter((overlay) => overlay.id === id);
    const whose = (curve) => curve.variants.map((variant) => variants[variant].name).join(", ");
    const text = new Set(curves.map((curve) => curve.text)).size > 1 ? curves.map((curve) => `${whose(curve)}: ${curve.text}`).join(" ") : curves[0].text;
    return { letter: String.fromCharCode(97 + order), label: curves[0].label, text, curves };
  });
}

/** The question that a sweep answers. @param {any} experiment @param {import("../state/map.js").MapView} map */
export function sweepBody(experiment, { x, y, resolution, seeds = 1 }) {
  const { start, ...rest } = experiment;
  const axis = (given) => given && { scale: "log", ...given };
  const parts = { x: axis(x), y: axis(y), resolution };
  return { version: 1, experiment: start ? { ...rest, start } : rest, seeds, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part)) };
}

export const SWEEP = "sweep?arrays=base64";
export const ESTIMATE = "sweep/estimate";

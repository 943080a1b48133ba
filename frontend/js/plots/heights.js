// @ts-check
/** From loss to height: one scale for all panels that shows the valley floor and the wall at the same time. */

import { extent } from "../lib/arrays.js";
import { linearTicks, logTicks } from "../lib/scale.js";

export const BANDS = 16;

/**
 * share = log(1 + (loss - lowest) / softness) / log(1 + (highest - lowest) / softness): nearly linear where the losses lie
 * close together, logarithmic where they span powers of ten. `softness` is a share of the middle loss.
 * @typedef {{lowest: number, highest: number, softness: number, share: (loss: number) => number, loss: (share: number) => number,
 *   grid: Float32Array, ticks: number[]}} Heights
 */

/** @type {WeakMap<object, Heights>} */
const known = new WeakMap();

/** @param {import("../api/results.js").Surface} surface @returns {Heights} */
export function heightsOf(surface) {
  const before = known.get(surface);
  if (before) return before;
  const heights = measure(surface);
  known.set(surface, heights);
  return heights;
}

function measure(surface) {
  const [seenLow, highest] = extent(surface.z);
  const lowest = surface.optimalValue === null ? seenLow : Math.min(seenLow, surface.optimalValue);
  const softness = Math.max(middle(surface.z, lowest) * 0.25, (highest - lowest) * 1e-4) || 1;
  const whole = Math.log1p((highest - lowest) / softness) || 1;
  const share = (loss) => Math.log1p(Math.max(0, loss - lowest) / softness) / whole;
  const loss = (part) => lowest + softness * Math.expm1(part * whole);
  const grid = Float32Array.from(surface.z, (value) => (Number.isNaN(value) ? 1 : Math.min(1, share(value))));
  return { lowest, highest, softness, share, loss, grid, ticks: ticksOf(lowest, highest, share) };
}

/** The loss that half of the window lies below, measured from the lowest. */
function middle(z, lowest) {
  const sorted = Float64Array.from(z).filter((value) => Number.isFinite(value)).sort();
  return sorted.length ? sorted[sorted.length >> 1] - lowest : 1;
}

/** Round losses whose heights lie far enough apart for their labels. */
function ticksOf(lowest, highest, share) {
  const spread = highest - lowest;
  const candidates = [...linearTicks(lowest, highest, 4), ...logTicks(Math.max(spread * 1e-4, 1e-12), highest, 8)];
  const kept = [];
  for (const value of [...new Set(candidates)].filter((v) => v >= lowest && v <= highest).sort((a, b) => b - a)) {
    if (kept.every((other) => Math.abs(share(other) - share(value)) > 0.16)) kept.push(value);
  }
  return kept.reverse();
}

/** Height at a place between grid points; NaN outside of the window. @param {import("../api/results.js").Surface} surface */
export function lossAt(surface, x, y) {
  const [[x0, x1], [y0, y1]] = surface.window;
  const column = ((x - x0) / (x1 - x0)) * (surface.columns - 1);
  const row = ((y - y0) / (y1 - y0)) * (surface.rows - 1);
  if (!(column >= 0 && column <= surface.columns - 1 && row >= 0 && row <= surface.rows - 1)) return NaN;
  const [i, j] = [Math.min(surface.columns - 2, Math.floor(column)), Math.min(surface.rows - 2, Math.floor(row))];
  const at = (di, dj) => surface.z[(j + dj) * surface.columns + i + di];
  const [u, v] = [column - i, row - j];
  return at(0, 0) * (1 - u) * (1 - v) + at(1, 0) * u * (1 - v) + at(0, 1) * (1 - u) * v + at(1, 1) * u * v;
}

// @ts-check
/** What the Map tab shows: two numbers of the experiment, their ranges, how finely, over how many seeds, and which measure. Fetched with the tab. */

import { withView } from "./scenario.js";

/**
 * @typedef {{path: string, low: number, high: number, scale?: "linear"}} MapAxis logarithmic unless it says otherwise
 * @typedef {"outcome" | "final_loss" | "steps" | "clip_fraction" | "max_grad_norm" | "share_near" | "share_converged" | "share_diverged"} Measure
 *   the shares are of several seeds
 * @typedef {{x?: MapAxis, y?: MapAxis, resolution?: number, seeds?: number, measure?: Measure}} MapView what is absent is chosen for the experiment
 */

export const MEASURES = /** @type {Measure[]} */ (["outcome", "final_loss", "steps", "clip_fraction", "max_grad_norm", "share_near", "share_converged", "share_diverged"]);
export const MAX_RESOLUTION = 256;
export const MAX_SEEDS = 64;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isWhole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
const within = (given, keys) => Object.keys(given).every((key) => keys.includes(key));

/** What is as it would be anyway is left out, so that links stay short and the same. @param {MapView} map @returns {MapView} */
function plain({ x, y, resolution, seeds, measure }) {
  const axis = (given) => (given ? { path: given.path, low: given.low, high: given.high, ...(given.scale === "linear" ? { scale: /** @type {"linear"} */ ("linear") } : {}) } : undefined);
  const parts = { x: axis(x), y: axis(y), resolution, seeds: seeds === 1 ? undefined : seeds, measure: measure === "outcome" ? undefined : measure };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** @param {any} given @returns {boolean} */
export function isAxis(given) {
  if (!isObject(given) || !within(given, ["path", "low", "high", "scale"])) return false;
  const { path, low, high, scale = "log" } = given;
  const named = typeof path === "string" && path.length > 0 && path.length <= 120;
  return named && Number.isFinite(low) && Number.isFinite(high) && low < high && (scale === "linear" || (scale === "log" && low > 0));
}

/** The map of a document from outside, or null where it is none. @param {any} given @returns {MapView | null} */
export function readMap(given) {
  if (!isObject(given) || !within(given, ["x", "y", "resolution", "seeds", "measure"])) return null;
  const { x = null, y = null, resolution = null, seeds = 1, measure = "outcome" } = given;
  const fits = (x === null || isAxis(x)) && (y === null || isAxis(y)) && (resolution === null || isWhole(resolution, 2, MAX_RESOLUTION))
    && isWhole(seeds, 1, MAX_SEEDS) && MEASURES.includes(measure);
  return fits ? plain({ x: x ?? undefined, y: y ?? undefined, resolution: resolution ?? undefined, seeds, measure }) : null;
}

/** @template {import("./scenario.js").Document} D @param {D} document @param {Partial<MapView>} changes undefined: chosen for the experiment again */
export function withMap(document, changes) {
  return withView(document, { map: plain({ ...document.view.map, ...changes }) });
}

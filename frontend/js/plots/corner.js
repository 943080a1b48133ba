// @ts-check
/** Where the lens disturbs least: the corner of the map that the paths use least. */

const CORNERS = /** @type {const} */ (["tr", "tl", "br", "bl"]);
const SHARE = 0.36;
/** Height of the lens with its words, as a share of the width of the map. */
const TALL = 0.49;

/** Where a number lies between two others; what is outside is seen at the edge, where its arrow stands. */
const share = (value, low, high) => Math.max(0, Math.min(1, (value - low) / (high - low)));

/**
 * @param {import("../api/results.js").VariantRun[]} runs @param {number[][]} window @param {number[][]} minimizers
 * @returns {"tl" | "tr" | "bl" | "br"}
 */
export function quietCorner(runs, [[x0, x1], [y0, y1]], minimizers) {
  const load = { tr: 0, tl: 0, br: 0, bl: 0 };
  const height = Math.min(1, (TALL * (x1 - x0)) / (y1 - y0));
  const add = (x, y, weight) => {
    const [u, v] = [share(x, x0, x1), share(y, y0, y1)];
    for (const corner of CORNERS) {
      const near = corner.endsWith("l") ? u >= 0 && u < SHARE : u > 1 - SHARE && u <= 1;
      const high = corner.startsWith("t") ? v >= 1 - height : v <= height;
      if (near && high) load[corner] += weight;
    }
  };
  for (const { series, steps } of runs) {
    for (let step = 0; step <= steps; step += 1) add(series.params[2 * step], series.params[2 * step + 1], step < 30 ? 5 : 1);
    add(series.params[0], series.params[1], 400);
    add(series.params[2 * steps], series.params[2 * steps + 1], 400);
  }
  for (const [x, y] of minimizers) add(x, y, 60);
  return CORNERS.reduce((best, corner) => (load[corner] < load[best] ? corner : best), CORNERS[0]);
}

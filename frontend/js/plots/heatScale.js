// @ts-check
/** One logarithmic colour scale for all variants: whole decades, from what has come so far. */

import { rampColour } from "./palette.js";

/** OKLCH: what vanishes fades into the page, what explodes stands out; lightness never turns back. */
const RAMPS = {
  light: [[0.965, 0.012, 215], [0.87, 0.07, 210], [0.73, 0.115, 230], [0.57, 0.155, 270], [0.43, 0.17, 320], [0.27, 0.11, 5]],
  dark: [[0.215, 0.025, 250], [0.33, 0.09, 280], [0.47, 0.16, 320], [0.63, 0.185, 15], [0.79, 0.15, 65], [0.95, 0.08, 100]],
};
const OFFSET = 340;
const MOST = 14;
const FEWEST = 3;
/**
 * Where a scale cannot hold everything, it keeps what is common: this many decades below the middle number, the rest above. Numbers
 * below `VANISHED` do not count for the middle: however many have died away, the living ones keep their colours.
 */
const BELOW_MIDDLE = 9;
const VANISHED = -12;

/** @typedef {{low: number, high: number, below: boolean, above: boolean}} Decades powers of ten, and whether some numbers lie beyond */

/** Counts numbers by their power of ten. */
export function createHeatScale() {
  const counts = new Float64Array(2 * OFFSET);
  let total = 0;
  const quantile = (share, from = 0) => {
    const among = from ? counts.subarray(from).reduce((sum, count) => sum + count, 0) : total;
    let seen = 0;
    for (let place = from; place < counts.length; place += 1) {
      seen += counts[place];
      if (seen > share * among) return place - OFFSET;
    }
    return OFFSET;
  };
  const middle = () => {
    const living = quantile(0.5, OFFSET + VANISHED);
    return living < OFFSET ? living : quantile(0.5);
  };
  return {
    /** @param {ArrayLike<number>} values @param {number} from @param {number} to */
    include(values, from, to) {
      for (let index = from; index < to; index += 1) {
        const value = values[index];
        if (!(value > 0 && value < Infinity)) continue;
        counts[Math.floor(Math.log10(value)) + OFFSET] += 1;
        total += 1;
      }
    },
    /** @returns {Decades} */
    decades() {
      if (!total) return { low: -3, high: 0, below: false, above: false };
      const most = quantile(0.998) + 1;
      const least = Math.min(quantile(0.01), most - FEWEST);
      const low = most - least > MOST ? Math.max(least, middle() - BELOW_MIDDLE) : least;
      const high = Math.min(most, low + MOST);
      return { low, high, below: quantile(0) < low, above: quantile(1 - 1e-9) >= high };
    },
  };
}

/** Place of a number on the scale, 0 .. 1. @param {number} value @param {Decades} decades */
export function heatShare(value, { low, high }) {
  return value > 0 ? Math.max(0, Math.min(1, (Math.log10(value) - low) / (high - low))) : 0;
}

const tables = /** @type {Record<string, Uint32Array>} */ ({});

/** 256 colours, ABGR as little-endian pixels are. @param {import("./palette.js").Theme} theme */
export function heatColours(theme) {
  tables[theme] ??= Uint32Array.from({ length: 256 }, (_, place) => packed(rampColour(RAMPS[theme], place / 255)));
  return tables[theme];
}

/** @param {number} share @param {import("./palette.js").Theme} theme */
export const heatCss = (share, theme) => `rgb(${rampColour(RAMPS[theme], share).join(",")})`;

/** The two colours of the checks that mark what is not finite. @param {import("./palette.js").Theme} theme */
export const brokenColours = (theme) => (theme === "light" ? ["#ffd23f", "#15212c"] : ["#4dd8ff", "#0e1318"]);

/** @param {number[]} rgb */
export function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

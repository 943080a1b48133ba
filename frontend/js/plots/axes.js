// @ts-check
/** Range and mapping of a curve: everything that is finite fits, a logarithmic axis goes as far as the numbers do. */

import { linearTicks, logTicks } from "../lib/scale.js";

/** At most this many powers of ten below the largest value of a line: what is smaller runs out of the picture; the table has it. */
const DECADES = 10;

/**
 * @typedef {{low: number, high: number, to: (value: number) => number, ticks: number[], scale: "log" | "linear"}} Axis
 * @param {import("./chartData.js").ChartData} chart @param {number} top @param {number} height @param {number} rem @returns {Axis}
 */
export function valueAxis(chart, top, height, rem) {
  const [low, high] = chart.scale === "log" ? logRange(chart) : linearRange(chart);
  const place = chart.scale === "log" ? Math.log10 : (value) => value;
  const [from, span] = [place(low), place(high) - place(low)];
  const count = Math.max(2, Math.floor(height / (rem * 1.9)));
  const to = (value) => {
    const share = value <= 0 && chart.scale === "log" ? -1 : (place(value) - from) / span;
    return top + height * (1 - Math.max(-0.2, Math.min(1, share)));
  };
  return { low, high, to, ticks: chart.scale === "log" ? logTicks(low, high, count) : linearTicks(low, high, count), scale: chart.scale };
}

/**
 * Where the names of dotted lines stand, so that none covers another: the highest first, from the right end leftwards, just above their line or just below it, there where they
 * hide the fewest of the other lines.
 * @param {number[]} heights of the lines @param {number[]} widths of the words @param {{right: number, top: number, bottom: number, tall: number}} room `tall`: height of the words
 * @returns {{right: number, bottom: number}[]} corners of the words
 */
export function namePlaces(heights, widths, { right, top, bottom, tall }) {
  const taken = /** @type {{left: number, right: number, bottom: number}[]} */ ([]);
  const found = /** @type {{right: number, bottom: number}[]} */ ([]);
  const covers = (one, other) => one.left < other.right && one.right > other.left && Math.abs(one.bottom - other.bottom) < tall;
  for (const index of [...heights.keys()].sort((a, b) => heights[a] - heights[b])) {
    const ends = [right, ...taken.map(({ left }) => left - 4)].sort((a, b) => b - a);
    const places = ends.flatMap((end, column) => [heights[index] - 1.5, heights[index] + tall + 2].map((low, below) => {
      const one = { left: end - widths[index], right: end, bottom: Math.max(top + tall, Math.min(bottom, low)) };
      const hidden = heights.filter((other) => other > one.bottom - tall && other < one.bottom).length;
      return { one, price: 2 * hidden + Math.min(column, 1) + 0.5 * below };
    }));
    const free = places.filter(({ one }) => !taken.some((other) => covers(one, other)));
    const { one } = free.reduce((best, place) => (place.price < best.price ? place : best));
    taken.push(one);
    found[index] = one;
  }
  return found;
}

/** Smallest and largest positive number. @param {ArrayLike<number>} values */
function positiveRange(values) {
  let [low, high] = [Infinity, 0];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value > 0 && value < Infinity) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return [low, high];
}

/** Every line is to be seen: one that explodes makes the axis longer and does not push the others out. */
function logRange(chart) {
  const ranges = [...chart.lines.map(({ values }) => positiveRange(values)), ...chart.limits.map(({ value }) => positiveRange([value]))];
  const seen = ranges.filter(([, high]) => high > 0);
  if (seen.length === 0) return [0.1, 10];
  const low = Math.min(...seen.map(([least, most]) => Math.max(least, most / 10 ** DECADES)));
  const high = Math.max(...seen.map(([, most]) => most));
  const pad = Math.max(0.04 * (Math.log10(high) - Math.log10(low)), 0.08);
  return [Math.max(low / 10 ** pad, Number.MIN_VALUE), Math.min(high * 10 ** pad, Number.MAX_VALUE)];
}

function linearRange(chart) {
  if (chart.range) return chart.range;
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of chart.lines) {
    for (const value of Array.from(values)) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  if (low > high) return [0, 1];
  if (chart.unit === "°") return [0, high < 1 ? 10 : high * 1.12];
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
}

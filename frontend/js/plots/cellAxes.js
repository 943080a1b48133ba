// @ts-check
/** Axes of a stability map: one place for every cell, numbers at the sides. */

import { FONT } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { linearTicks, logTicks } from "../lib/scale.js";
import { labelSize } from "./frame.js";
import { chrome } from "./palette.js";

/** @typedef {{width: number, height: number, rem: number}} Size in CSS pixels, and the root font size */
/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/** @param {Size} size @returns {Box} */
export function boxOf({ width, height, rem }) {
  const [left, top, right, bottom] = [2.9, 1.5, 0.75, 2.5].map((share) => Math.round(rem * share));
  return { left, top, width: Math.max(10, width - left - right), height: Math.max(10, height - top - bottom) };
}

/**
 * Where a number stands along an axis: 0 at the edge of the first cell, 1 at that of the last; every cell has its number in its middle.
 * @param {import("../api/sweeps.js").SweptAxis} axis @param {number} value @returns {number} beyond 0 .. 1 where the axis does not reach; NaN where a logarithm has none
 */
export function shareAlong({ values, scale }, value) {
  const place = scale === "log" ? Math.log : (v) => v;
  const [first, last, count] = [place(values[0]), place(values[values.length - 1]), values.length];
  if (scale === "log" && !(value > 0)) return NaN;
  return (((place(value) - first) / (last - first)) * (count - 1) + 0.5) / count;
}

/** The cell whose number is nearest. @param {import("../api/sweeps.js").SweptAxis} axis @param {number} value */
export function nearestAlong(axis, value) {
  const share = shareAlong(axis, value);
  const last = axis.values.length - 1;
  return Number.isNaN(share) ? 0 : Math.max(0, Math.min(last, Math.floor(share * (last + 1))));
}

/** Round numbers inside an axis, and the small marks between them. */
function marksOf({ values, scale }, count) {
  const [low, high] = [values[0], values[values.length - 1]];
  const numbers = scale === "log" ? logTicks(low, high, count) : linearTicks(low, high, count);
  if (scale !== "log" || high / low > 1e5 || high / low < 10) return { numbers, small: [] };
  const small = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (let digit = 2; digit < 10; digit += 1) small.push(digit * 10 ** power);
  }
  return { numbers, small: small.filter((value) => value >= low && value <= high) };
}

/**
 * @param {CanvasRenderingContext2D} context @param {{x: import("../api/sweeps.js").SweptAxis, y: import("../api/sweeps.js").SweptAxis}} sweep
 * @param {Box} box @param {Size} size @param {import("./palette.js").Theme} theme
 */
export function paintCellAxes(context, { x, y }, box, { rem }, theme) {
  const { left, top, width, height } = box;
  const colours = chrome(theme);
  const across = (value) => left + shareAlong(x, value) * width;
  const up = (value) => top + (1 - shareAlong(y, value)) * height;
  const [bottom, long, short] = [top + height, rem * 0.3, rem * 0.16];
  context.fillStyle = colours.line;
  context.fillRect(left - 1, top - 1, width + 2, 1);
  context.fillRect(left - 1, bottom, width + 2, 1);
  context.fillRect(left - 1, top, 1, height);
  context.fillRect(left + width, top, 1, height);
  context.font = `${labelSize(rem)}px ${FONT}`;
  const [columns, rows] = [marksOf(x, Math.max(2, Math.round(width / (rem * 3.6)))), marksOf(y, Math.max(2, Math.round(height / (rem * 2.2))))];
  const mark = (px, py, w, h) => context.fillRect(Math.round(px), Math.round(py), w, h);
  context.fillStyle = colours.muted;
  for (const value of columns.small) mark(across(value), bottom + 1, 1, short);
  for (const value of rows.small) mark(left - 1 - short, up(value), short, 1);
  for (const value of columns.numbers) mark(across(value), bottom + 1, 1, long);
  for (const value of rows.numbers) mark(left - 1 - long, up(value), long, 1);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const value of columns.numbers) context.fillText(tick(value), across(value), bottom + rem * 0.42);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of rows.numbers) context.fillText(tick(value), left - rem * 0.45, up(value));
  nameAxes(context, x.label, y.label, box, rem, theme);
}

function nameAxes(context, x, y, { left, top, width, height }, rem, theme) {
  context.font = `${rem * 0.75}px ${FONT}`;
  context.fillStyle = chrome(theme).ink;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText(`${x} →`, left + width, top + height + rem * 2.35);
  context.textAlign = "left";
  context.fillText(`↑ ${y}`, left, top - rem * 0.3);
}

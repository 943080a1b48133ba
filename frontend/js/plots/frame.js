// @ts-check
/** Where the map lies in its panel, and its axes. Plotly is given the same margins, range and ticks. */

import { FONT } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { linearTicks } from "../lib/scale.js";
import { lensSize } from "./lens.js";
import { chrome } from "./palette.js";

/** @typedef {{width: number, height: number, rem: number}} Size a panel in CSS pixels, and the root font size */

/** @param {number} rem */
export function margins(rem) {
  return { left: Math.round(rem * 2.6), right: Math.round(rem * 0.5), top: Math.round(rem * 0.5), bottom: Math.round(rem * 1.5) };
}

/**
 * Where the map lies: both axes at the same scale, because a direction or an angle drawn at two scales is false.
 * Where that leaves room for the lens beside the map or above it, the map makes way; else it stands in the middle.
 * @param {Size} size @param {number[][]} window @returns {import("./contour.js").Box}
 */
export function plotBox({ width, height, rem }, [[x0, x1], [y0, y1]]) {
  const { left, right, top, bottom } = margins(rem);
  const [roomX, roomY] = [Math.max(10, width - left - right), Math.max(10, height - top - bottom)];
  const scale = Math.min(roomX / (x1 - x0), roomY / (y1 - y0));
  const [across, up] = [Math.round(scale * (x1 - x0)), Math.round(scale * (y1 - y0))];
  const [freeX, freeY] = [roomX - across, roomY - up];
  const { side } = lensSize(rem, width);
  const beside = freeX >= side + GAP ? Math.round((freeX - side - GAP) / 2) : Math.round(freeX / 2);
  const below = sideAbove(freeY, rem, width) > 0 ? freeY : Math.round(freeY / 2);
  return { left: left + beside, top: top + below, width: across, height: up };
}

const GAP = 8;
/** Smallest lens that is worth a place of its own, in root font sizes. */
const SMALLEST = 4.2;

/** Side of a lens above the map, where that leaves `free` pixels, or 0 where it leaves too few. */
function sideAbove(free, rem, width) {
  const { side, words } = lensSize(rem, width);
  const room = Math.floor(free - words - GAP);
  return room >= SMALLEST * rem ? Math.min(side, room) : 0;
}

/** Height of the name of an axis, which stands at the bottom right of the map. */
const NAME = 18;

/**
 * Where the lens lies: beside the map, else above it, else in a corner of it (`over`).
 * @param {Size} size @param {import("./contour.js").Box} box @param {"tl" | "tr" | "bl" | "br"} corner
 */
export function lensPlace({ width, rem }, box, corner) {
  const { right, top } = margins(rem);
  const { side, words } = lensSize(rem, width);
  const edge = box.left + box.width;
  if (width - right - edge >= side + GAP) return { left: edge + GAP, top: box.top, side, words, over: false };
  const above = sideAbove(box.top - top, rem, width);
  if (above > 0) return { left: edge - above, top: box.top - above - words - GAP, side: above, words, over: false };
  return { ...cornerOf(box, lensSize(rem, box.width), corner), over: true };
}

/** @param {import("./contour.js").Box} box */
export function cornerOf(box, { side, words }, corner) {
  const inset = 6;
  const left = corner.endsWith("l") ? box.left + inset : box.left + box.width - side - inset;
  const top = corner.startsWith("t") ? box.top + inset : box.top + box.height - side - words - inset - NAME;
  return { left, top, side, words };
}

/** @param {number[][]} window @param {import("./contour.js").Box} box @param {number} rem */
export function mapTicks(window, box, rem) {
  return {
    x: linearTicks(window[0][0], window[0][1], Math.max(2, Math.round(box.width / (rem * 4)))),
    y: linearTicks(window[1][0], window[1][1], Math.max(2, Math.round(box.height / (rem * 2.6)))),
  };
}

/** Font size of tick labels in pixels. */
export function labelSize(rem) {
  return Math.round(rem * 0.72 * 10) / 10;
}

/**
 * @param {CanvasRenderingContext2D} context @param {number[][]} window @param {Size} size @param {import("./palette.js").Theme} theme
 */
export function paintAxes(context, window, size, theme, box = plotBox(size, window)) {
  const { x, y } = mapTicks(window, box, size.rem);
  const colours = chrome(theme);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
  context.fillStyle = colours.muted;
  context.font = `${labelSize(size.rem)}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  const across = (value) => box.left + ((value - window[0][0]) / (window[0][1] - window[0][0])) * box.width;
  for (const value of x) context.fillText(tick(value), across(value), box.top + box.height + size.rem * 0.35);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const up = (value) => box.top + box.height - ((value - window[1][0]) / (window[1][1] - window[1][0])) * box.height;
  for (const value of y) context.fillText(tick(value), box.left - size.rem * 0.35, up(value));
}

// @ts-check
/** Where the map lies in its panel, and its axes. Plotly is given the same margins, range and ticks. */

import { FONT } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { linearTicks } from "../lib/scale.js";
import { chrome } from "./palette.js";

/** @typedef {{width: number, height: number, rem: number}} Size a panel in CSS pixels, and the root font size */

/** @param {number} rem */
export function margins(rem) {
  return { left: Math.round(rem * 2.6), right: Math.round(rem * 0.5), top: Math.round(rem * 0.5), bottom: Math.round(rem * 1.5) };
}

/** @param {Size} size @returns {import("./contour.js").Box} */
export function plotBox({ width, height, rem }) {
  const { left, right, top, bottom } = margins(rem);
  return { left, top, width: Math.max(10, width - left - right), height: Math.max(10, height - top - bottom) };
}

/** @param {number[][]} window @param {import("./contour.js").Box} box @param {number} rem */
export function mapTicks(window, box, rem) {
  return {
    x: linearTicks(window[0][0], window[0][1], Math.max(2, Math.round(box.width / (rem * 4)))),
    y: linearTicks(window[1][0], window[1][1], Math.max(2, Math.round(box.height / (rem * 3.5)))),
  };
}

/** Font size of tick labels in pixels. */
export function labelSize(rem) {
  return Math.round(rem * 0.72 * 10) / 10;
}

/**
 * @param {CanvasRenderingContext2D} context @param {number[][]} window @param {Size} size @param {import("./palette.js").Theme} theme
 */
export function paintAxes(context, window, size, theme) {
  const box = plotBox(size);
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

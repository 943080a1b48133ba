// @ts-check
/** The common axis of everything that is drawn over the updates of a run: one place per update, the same in every picture of a column. */

import { FONT } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { linearTicks } from "../lib/scale.js";
import { chrome } from "./palette.js";

/** @typedef {{width: number, height: number, rem: number}} Size in CSS pixels, and the root font size */
/** @typedef {{left: number, top: number, width: number, height: number, rem: number, last: number, across: (step: number) => number, stepAt: (px: number) => number}} Strip */

/** @param {Size} size @param {number} last the last update @returns {Strip} */
export function stripOf({ width, height, rem }, last) {
  const [left, top] = [Math.round(rem * 2.5), Math.round(rem * 0.35)];
  const inner = { left, top, width: Math.max(10, width - left - Math.round(rem * 0.9)), height: Math.max(10, height - top - Math.round(rem * 1.45)), rem, last };
  return {
    ...inner,
    across: (step) => left + (last ? step / last : 0) * inner.width,
    stepAt: (px) => Math.max(0, Math.min(last, Math.round(((px - left) / inner.width) * last))),
  };
}

/** Numbers of the updates below, a frame around. @param {CanvasRenderingContext2D} context @param {Strip} strip @param {import("./palette.js").Theme} theme */
export function paintUpdates(context, strip, theme) {
  const { left, top, width, height, rem, last, across } = strip;
  const colours = chrome(theme);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
  context.fillStyle = colours.muted;
  context.font = `${rem * 0.7}px ${FONT}`;
  context.textBaseline = "top";
  for (const step of linearTicks(0, last, Math.max(2, Math.round(width / (rem * 4.5))))) {
    context.textAlign = across(step) > left + width - rem ? "right" : "center";
    context.fillText(tick(step), Math.min(left + width, across(step)), top + height + rem * 0.3);
  }
}

/** Numbers at the left. @param {CanvasRenderingContext2D} context @param {Strip} strip @param {number[]} values @param {(value: number) => number} to */
export function paintValues(context, strip, values, to, theme, grid = true) {
  const { left, width, rem } = strip;
  const colours = chrome(theme);
  context.font = `${rem * 0.7}px ${FONT}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of values) {
    const y = Math.round(to(value)) + 0.5;
    if (grid) {
      context.fillStyle = colours.grid;
      context.fillRect(left, y - 0.5, width, 1);
    }
    context.fillStyle = colours.muted;
    context.fillText(tick(value), left - rem * 0.35, y);
  }
}

/** Where the clock is. @param {CanvasRenderingContext2D} context @param {Strip} strip */
export function paintCursor(context, strip, position, theme) {
  const { top, height, across } = strip;
  const x = Math.round(across(position));
  const colours = chrome(theme);
  context.fillStyle = colours.halo;
  context.fillRect(x - 1, top, 3, height);
  context.fillStyle = colours.ink;
  context.fillRect(x, top - 2, 1, height + 4);
}

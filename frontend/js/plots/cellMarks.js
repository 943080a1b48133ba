// @ts-check
/** What stands above a stability map: curves of the theory with their names, the cell in hand, the cross of the present setting. */

import { FONT } from "../lib/canvas.js";
import { shareAlong } from "./cellAxes.js";
import { chrome } from "./palette.js";

/** @typedef {import("./cellAxes.js").Box} Box */

/** @param {CanvasRenderingContext2D} context @param {{left: number, top: number, width: number, height: number}} place @param {import("./palette.js").Theme} theme */
export function paintCell(context, { left, top, width, height }, theme) {
  const colours = chrome(theme);
  for (const [colour, line, grow] of /** @type {const} */ ([[colours.paper, 4, 2], [colours.ink, 2, 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(left - grow, top - grow, width + 2 * grow, height + 2 * grow);
  }
}

/**
 * The present setting. Where the map does not reach it, an arrow at the edge points to it; where an axis does not concern the variant, the setting of the others is meant.
 * @param {CanvasRenderingContext2D} context @param {{x: any, y: any}} axes @param {{x: number | null, y: number | null}} current @param {Box} box
 */
export function paintCross(context, axes, current, box, rem, theme) {
  if (current.x === null || current.y === null) return;
  const [across, up] = [shareAlong(axes.x, current.x), shareAlong(axes.y, current.y)];
  if (Number.isNaN(across) || Number.isNaN(up)) return;
  const inside = across >= 0 && across <= 1 && up >= 0 && up <= 1;
  const clamp = (share) => Math.max(0, Math.min(1, share));
  const [x, y] = [box.left + clamp(across) * box.width, box.top + (1 - clamp(up)) * box.height];
  const trace = inside ? () => traceCross(context, x, y, rem) : () => traceArrow(context, x, y, across - clamp(across), clamp(up) - up, rem);
  const colours = chrome(theme);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const [colour, width] of /** @type {const} */ ([[colours.paper, 5], [colours.ink, 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    trace();
    context.stroke();
  }
}

function traceCross(context, x, y, rem) {
  const [far, near] = [rem * 0.62, rem * 0.16];
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + dx * near, y + dy * near);
    context.lineTo(x + dx * far, y + dy * far);
  }
}

function traceArrow(context, x, y, dx, dy, rem) {
  const angle = Math.atan2(dy, dx);
  const [cos, sin, size] = [Math.cos(angle), Math.sin(angle), rem * 0.55];
  const point = (along, beside) => [x + cos * along - sin * beside, y + sin * along + cos * beside];
  context.beginPath();
  context.moveTo(...point(-size * 1.6, 0));
  context.lineTo(...point(-2, 0));
  context.moveTo(...point(-size * 0.8 - 2, -size * 0.55));
  context.lineTo(...point(-2, 0));
  context.lineTo(...point(-size * 0.8 - 2, size * 0.55));
}

/** @param {CanvasRenderingContext2D} context @param {import("../api/sweeps.js").Overlay} overlay @param {Box} box @param {boolean} chosen */
export function paintCurve(context, { x, y, label }, axes, box, rem, theme, chosen) {
  const points = x.map((value, index) => [box.left + shareAlong(axes.x, value) * box.width, box.top + (1 - shareAlong(axes.y, y[index])) * box.height]);
  const usable = points.filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py));
  if (usable.length < 2) return;
  const colours = chrome(theme);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  context.lineJoin = "round";
  for (const [colour, width, dash] of /** @type {const} */ ([[colours.paper, chosen ? 5.5 : 4, []], [colours.ink, chosen ? 2.5 : 1.5, [7, 4]]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.beginPath();
    usable.forEach(([px, py], index) => (index ? context.lineTo(px, py) : context.moveTo(px, py)));
    context.stroke();
  }
  context.restore();
  nameCurve(context, label, usable, box, rem, theme);
}

/** The name stands inside the map, next to the last place where the curve is in it. */
function nameCurve(context, label, points, { left, top, width, height }, rem, theme) {
  const seen = points.filter(([px, py]) => px >= left && px <= left + width && py >= top && py <= top + height);
  if (!seen.length) return;
  const [px, py] = seen.reduce((best, place) => (place[0] > best[0] ? place : best));
  const colours = chrome(theme);
  context.font = `600 ${rem * 0.7}px ${FONT}`;
  const words = context.measureText(label).width;
  const x = Math.max(left + 4, Math.min(left + width - words - 6, px - words - 6));
  const y = Math.max(top + rem, Math.min(top + height - rem * 0.4, py - rem * 0.45));
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = colours.paper;
  context.strokeText(label, x, y);
  context.fillStyle = colours.ink;
  context.fillText(label, x, y);
}

// @ts-check
/** What stands above a stability map: curves of the theory with their names, the cell in hand, the cross of the present setting. */

import { FONT } from "../lib/canvas.js";
import { shareAlong } from "./cellAxes.js";
import { chrome } from "./palette.js";
import { clipSegment } from "./projection.js";

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

/**
 * @param {CanvasRenderingContext2D} context @param {{x: number[], y: number[], letter: string}} curve @param {{x: any, y: any}} axes @param {Box} box @param {number} rem
 * @param {import("./palette.js").Theme} theme @param {"usual" | "chosen" | "faded"} emphasis
 */
export function paintCurve(context, { x, y, letter }, axes, box, rem, theme, emphasis) {
  const points = x.map((value, index) => [box.left + shareAlong(axes.x, value) * box.width, box.top + (1 - shareAlong(axes.y, y[index])) * box.height]);
  const usable = points.filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py));
  const shown = usable.slice(1).flatMap(([px, py], index) => clipSegment(usable[index][0], usable[index][1], px, py, box) ?? []);
  if (!shown.length) return;
  const colours = chrome(theme);
  context.save();
  context.lineJoin = "round";
  context.globalAlpha = emphasis === "faded" ? 0.4 : 1;
  const chosen = emphasis === "chosen";
  for (const [colour, width, dash] of /** @type {const} */ ([[colours.paper, chosen ? 5 : 3, []], [colours.ink, chosen ? 2.25 : 1.25, [6, 4]]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.beginPath();
    for (let at = 0; at < shown.length; at += 4) {
      if (at === 0 || shown[at] !== shown[at - 2] || shown[at + 1] !== shown[at - 1]) context.moveTo(shown[at], shown[at + 1]);
      context.lineTo(shown[at + 2], shown[at + 3]);
    }
    context.stroke();
  }
  context.setLineDash([]);
  nameCurve(context, letter, shown, box, rem, colours, chosen);
  context.restore();
}

/** Its letter stands on the curve, where it leaves the map at the right or at the bottom. */
function nameCurve(context, letter, shown, { left, top, width, height }, rem, colours, chosen) {
  const r = rem * 0.5;
  const ends = [shown.slice(0, 2), shown.slice(-2)];
  const [px, py] = ends.sort((a, b) => b[0] - a[0])[0];
  const x = Math.max(left + r + 2, Math.min(left + width - r - 3, px));
  const y = Math.max(top + r + 2, Math.min(top + height - r - 3, py));
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = chosen ? colours.ink : colours.paper;
  context.fill();
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = chosen ? colours.paper : colours.ink;
  context.font = `600 ${rem * 0.7}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, x, y + rem * 0.02);
}

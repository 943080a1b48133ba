// @ts-check
/** The gradient lens: the same update seen in gradient space, with the threshold as a circle or a square. */

import { FONT } from "../lib/canvas.js";
import { fixed, number } from "../lib/format.js";
import { drawArrow } from "./marks.js";
import { faded } from "./palette.js";

/**
 * What the lens knows of a rule: the outline that its threshold draws (null: none), the threshold where it is a fixed number,
 * and the gradient norm that fills half of the lens.
 * @typedef {{shape: "circle" | "square" | "box" | null, threshold: number | null, reference: number}} Rule
 */

/** Side of the square in pixels, and height of the words below it. @param {number} rem @param {number} width of the map */
export function lensSize(rem, width) {
  const side = Math.round(Math.min(rem * 6.5, width * 0.32));
  return { side, words: Math.round(rem * 2.2) };
}

/** The threshold shown at a step: the fixed one, or the one that an adaptive rule applied when it fired. */
function radiusOf(rule, moment) {
  if (rule.shape === null) return null;
  if (rule.threshold !== null) return rule.threshold;
  if (!moment.fired) return null;
  return rule.shape === "circle" ? moment.keptNorm : Math.max(Math.abs(moment.kept[0]), Math.abs(moment.kept[1]));
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {Rule} rule
 * @param {import("./moment.js").Moment} moment @param {import("./palette.js").VariantStyle} style @param {any} colours @param {number} rem
 * @param {number} phase 0 shows the raw arrow only, 1 and more the clipped one as well
 */
export function drawLens(context, left, top, { side, words }, rule, moment, style, colours, rem, phase = 3) {
  const [cx, cy, radius] = [left + side / 2, top + side / 2, side / 2 - 5];
  drawCard(context, left, top, side, side + words, colours);
  drawCross(context, cx, cy, radius, colours);
  const scale = (radius * 0.5) / rule.reference;
  drawOutline(context, cx, cy, radiusOf(rule, moment), scale, radius, rule, style);
  if (moment.ended) return drawEnd(context, left, top + side, side, moment, colours, rem);
  if (moment.fired || phase === 0) drawRaw(context, cx, cy, scale, radius, moment, style, colours);
  if (phase > 0) drawKept(context, cx, cy, scale, radius, moment, style, colours);
  if (moment.fired && moment.angle > 0.5 && phase > 0) drawAngle(context, cx, cy, radius * 0.36, moment, colours);
  drawWords(context, left, top + side, side, moment, style, colours, rem, phase);
}

function drawCard(context, left, top, width, height, colours) {
  context.fillStyle = colours.lens;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, width - 1, height - 1, 5);
  context.fill();
  context.stroke();
}

function drawCross(context, cx, cy, radius, colours) {
  context.strokeStyle = colours.grid;
  context.beginPath();
  context.moveTo(cx - radius, cy);
  context.lineTo(cx + radius, cy);
  context.moveTo(cx, cy - radius);
  context.lineTo(cx, cy + radius);
  context.stroke();
}

function drawOutline(context, cx, cy, threshold, scale, radius, rule, style) {
  if (threshold === null) return;
  const r = threshold * scale;
  context.save();
  context.beginPath();
  context.rect(cx - radius, cy - radius, 2 * radius, 2 * radius);
  context.clip();
  context.beginPath();
  if (rule.shape === "circle") context.arc(cx, cy, Math.min(r, 4 * radius), 0, 2 * Math.PI);
  else context.rect(cx - r, cy - r, 2 * r, 2 * r);
  context.fillStyle = faded(style.colour, 0.1);
  context.fill();
  context.strokeStyle = faded(style.colour, 0.75);
  context.lineWidth = 1.25;
  context.stroke();
  context.restore();
}

/** The tip of an arrow in the lens, and whether it had to be cut. Downhill: the negative gradient, as on the map. */
function tip(vector, norm, scale, radius) {
  const length = Math.min(norm * scale, radius);
  const size = norm || 1;
  return { x: (-vector[0] / size) * length, y: (vector[1] / size) * length, cut: norm * scale > radius };
}

function drawRaw(context, cx, cy, scale, radius, moment, style, colours) {
  const { x, y, cut } = tip(moment.raw, moment.rawNorm, scale, radius);
  drawArrow(context, cx, cy, cx + x, cy + y, { colour: style.colour, width: 1.25, dash: [4, 3], head: 6 });
  if (cut) drawBreak(context, cx + x * 0.66, cy + y * 0.66, x, y, colours.paper, style.colour);
}

/** Two short strokes across an arrow: it is longer than it is drawn. */
function drawBreak(context, x, y, dx, dy, paper, ink) {
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  for (const [offset, colour, width] of [[0, paper, 5], [-2.2, ink, 1.25], [2.2, ink, 1.25]]) {
    const [px, py] = [x + ux * Number(offset), y + uy * Number(offset)];
    context.strokeStyle = String(colour);
    context.lineWidth = Number(width);
    context.beginPath();
    context.moveTo(px - uy * 5 - ux * 2, py + ux * 5 - uy * 2);
    context.lineTo(px + uy * 5 + ux * 2, py - ux * 5 + uy * 2);
    context.stroke();
  }
}

function drawKept(context, cx, cy, scale, radius, moment, style, colours) {
  const { x, y, cut } = tip(moment.kept, moment.keptNorm, scale, radius);
  drawArrow(context, cx, cy, cx + x, cy + y, { colour: style.colour, width: 2.25, head: 8 });
  if (cut) drawBreak(context, cx + x * 0.7, cy + y * 0.7, x, y, colours.paper, style.colour);
}

function drawAngle(context, cx, cy, radius, moment, colours) {
  const from = Math.atan2(moment.raw[1], -moment.raw[0]);
  const to = Math.atan2(moment.kept[1], -moment.kept[0]);
  const turn = Math.atan2(Math.sin(to - from), Math.cos(to - from));
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.25;
  context.beginPath();
  context.arc(cx, cy, radius, from, from + turn, turn < 0);
  context.stroke();
}

function drawEnd(context, left, top, side, moment, colours, rem) {
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = `400 ${Math.min(rem * 0.72, side * 0.115)}px ${FONT}`;
  context.fillStyle = colours.muted;
  context.fillText(`end, step ${moment.step}`, left + 6, top + rem * 0.6, side - 12);
}

function drawWords(context, left, top, side, moment, style, colours, rem, phase) {
  const size = Math.min(rem * 0.72, side * 0.115);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const line = (text, row, weight, colour) => {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = colour;
    context.fillText(text, left + 6, top + size * (0.55 + 1.35 * row), side - 12);
  };
  const clipped = moment.fired && phase > 0;
  const receives = moment.raw[0] === moment.grad[0] && moment.raw[1] === moment.grad[1] ? { symbol: "‖g‖", name: "raw gradient" } : { symbol: "norm", name: "before the clip" };
  const { symbol } = receives;
  line(clipped ? `${symbol} ${number(moment.rawNorm)} → ${number(moment.keptNorm)}` : `${symbol} ${number(moment.rawNorm)}`, 0, 600, colours.ink);
  const turned = moment.angle > 0.05 ? `turned ${fixed(moment.angle, 1)}°` : "direction kept";
  line(clipped ? turned : phase === 0 ? receives.name : "not clipped", 1, 400, clipped && moment.angle > 0.05 ? style.colour : colours.muted);
}

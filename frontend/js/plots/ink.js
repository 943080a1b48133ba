// @ts-check
/** The path so far: appended to while playing, drawn anew only when the clock goes back or the picture changes. */

import { clipSegment } from "./projection.js";

const DOT_DISTANCE = 7;
/** CSS pixels: with two pixels of the screen to each, still less than half a pixel of it. */
const SAME = 0.15;

/**
 * @typedef {{pixels: Float64Array, colour: string, rim: string, box: import("./contour.js").Box, steps: number}} Path
 */

/** Draw the segments that lead to the steps from + 1 .. to, and a dot at every step that is far from the one before.
 * @param {CanvasRenderingContext2D} context @param {Path} path @param {number} from @param {number} to */
export function drawPath(context, path, from, to) {
  const end = Math.min(to, path.steps);
  if (end <= from) return;
  const segments = visibleSegments(path, from, end);
  if (segments.length === 0) return;
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const [colour, width] of [[path.rim, 3.25], [path.colour, 1.5]]) {
    context.strokeStyle = String(colour);
    context.lineWidth = Number(width);
    strokeSegments(context, segments);
  }
  context.fillStyle = path.colour;
  drawDots(context, path, from, end);
}

/**
 * What of the path lies in the box. Steps that stay where the last one was drawn are drawn as one: a path that has come to rest, or creeps, costs
 * next to nothing, and no point is further from the line than `SAME` pixels across and down.
 */
export function visibleSegments({ pixels, box }, from, to) {
  const segments = [];
  let begin = from;
  for (let step = from + 1; step <= to; step += 1) {
    const [at, end] = [2 * begin, 2 * step];
    const moved = [pixels[end] - pixels[at], pixels[end + 1] - pixels[at + 1]];
    if (step < to && Math.abs(moved[0]) < SAME && Math.abs(moved[1]) < SAME) continue;
    const part = clipSegment(pixels[at], pixels[at + 1], pixels[end], pixels[end + 1], box);
    if (part) segments.push(part);
    begin = step;
  }
  return segments;
}

function strokeSegments(context, segments) {
  context.beginPath();
  let [x, y] = [NaN, NaN];
  for (const [x0, y0, x1, y1] of segments) {
    if (x0 !== x || y0 !== y) context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    [x, y] = [x1, y1];
  }
  context.stroke();
}

function drawDots(context, { pixels, box }, from, to) {
  context.beginPath();
  for (let step = from + 1; step <= to; step += 1) {
    const [x, y] = [pixels[2 * step], pixels[2 * step + 1]];
    const distance = Math.hypot(x - pixels[2 * step - 2], y - pixels[2 * step - 1]);
    if (!(distance > DOT_DISTANCE) || !inBox(x, y, box)) continue;
    context.moveTo(x + 2, y);
    context.arc(x, y, 2, 0, 2 * Math.PI);
  }
  context.fill();
}

/** What is still to come, thin and pale: shown while the clock stands still. */
export function drawGhost(context, path, from) {
  if (from >= path.steps) return;
  context.strokeStyle = path.colour;
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  strokeSegments(context, visibleSegments(path, from, path.steps));
  context.globalAlpha = 1;
}

export function inBox(x, y, box) {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

/** The last steps, thicker the newer they are. @param {CanvasRenderingContext2D} context @param {Path} path @param {number} step @param {number[]} head */
export function drawTail(context, path, step, head, length = 18) {
  const end = Math.min(step, path.steps);
  context.strokeStyle = path.colour;
  context.lineCap = "round";
  const first = Math.max(0, end - length);
  for (let index = first; index <= end; index += 1) {
    const at = 2 * index;
    const [x1, y1] = index === end ? head : [path.pixels[at + 2], path.pixels[at + 3]];
    const part = clipSegment(path.pixels[at], path.pixels[at + 1], x1, y1, path.box);
    if (!part) continue;
    context.globalAlpha = 0.15 + (0.85 * (index - first + 1)) / (end - first + 1);
    context.lineWidth = 1.5 + (2 * (index - first + 1)) / (end - first + 1);
    context.beginPath();
    context.moveTo(part[0], part[1]);
    context.lineTo(part[2], part[3]);
    context.stroke();
  }
  context.globalAlpha = 1;
}

const REACH = 8;

/** The step nearest to a pixel, if one is within reach. @param {Path} path @returns {number | null} */
export function nearestStep({ pixels, steps }, px, py) {
  let [found, best] = [/** @type {number | null} */ (null), REACH];
  for (let step = 0; step <= steps; step += 1) {
    const distance = Math.hypot(pixels[2 * step] - px, pixels[2 * step + 1] - py);
    if (distance < best) [found, best] = [step, distance];
  }
  return found;
}

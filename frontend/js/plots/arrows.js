// @ts-check
/** What moves above the map: both arrows, the head of the path, and where it is when it is off the map. */

import { FONT } from "../lib/canvas.js";
import { number } from "../lib/format.js";
import { inBox } from "./ink.js";
import { drawArrow, drawMarker } from "./marks.js";
import { faded } from "./palette.js";
import { clipSegment } from "./projection.js";

/**
 * The step that the raw gradient asks for (dashed) and the one that the clip leaves (solid), from where the variant stands.
 * An arrow that leaves the map is cut at its edge; its number is in the lens.
 * @param {CanvasRenderingContext2D} context @param {import("./projection.js").Projection} projection
 * @param {import("./moment.js").Moment} moment @param {import("./palette.js").VariantStyle} style @param {{halo: string}} colours
 */
export function drawSteps(context, projection, moment, style, colours) {
  if (moment.ended || !projection.inside(moment.at[0], moment.at[1])) return;
  const arrow = (vector, look) => {
    const [x0, y0] = projection.to(moment.at[0], moment.at[1], moment.loss);
    const [x1, y1] = projection.to(moment.at[0] - moment.rate * vector[0], moment.at[1] - moment.rate * vector[1], moment.loss);
    const part = clipSegment(x0, y0, x1, y1, projection.box);
    if (part) drawArrow(context, part[0], part[1], part[2], part[3], look);
  };
  if (moment.fired) arrow(moment.raw, { colour: faded(style.colour, 0.9), width: 1.25, dash: [4, 3], rim: colours.halo, head: 6 });
  arrow(moment.kept, { colour: style.colour, width: 2.25, rim: colours.halo, head: 9 });
}

/** Head of the path, between its step and the next one. @returns {[number, number]} pixels */
export function headAt(path, step, travel) {
  const index = Math.min(step, path.steps);
  const [x, y] = [path.pixels[2 * index], path.pixels[2 * index + 1]];
  if (index >= path.steps || travel === 0) return [x, y];
  return [x + (path.pixels[2 * index + 2] - x) * travel, y + (path.pixels[2 * index + 3] - y) * travel];
}

/**
 * The head where it is on the map; at the edge, with its distance, where it is not.
 * @param {CanvasRenderingContext2D} context @param {{head: number[], off: number, ended: boolean, diverged: boolean}} where `off`: distance from the map
 * @param {import("./contour.js").Box} box @param {import("./palette.js").VariantStyle} style @param {any} colours @param {number} rem
 */
export function drawHead(context, where, box, style, colours, rem) {
  const [x, y] = where.head;
  if (inBox(x, y, box)) {
    drawMarker(context, style, x, y, rem * 0.36, colours.paper);
    if (where.diverged && where.ended) drawCross(context, x, y, rem * 0.7, style.colour, colours.halo);
    return;
  }
  drawOffMap(context, where, box, style, colours, rem);
}

function drawCross(context, x, y, r, colour, halo) {
  for (const [stroke, width] of [[halo, 5], [colour, 2.25]]) {
    context.strokeStyle = String(stroke);
    context.lineWidth = Number(width);
    context.beginPath();
    context.moveTo(x - r, y - r);
    context.lineTo(x + r, y + r);
    context.moveTo(x - r, y + r);
    context.lineTo(x + r, y - r);
    context.stroke();
  }
}

/** An arrow at the edge that points to where the variant is, and how far away that is. */
function drawOffMap(context, { head, off, diverged, ended }, box, style, colours, rem) {
  const middle = [box.left + box.width / 2, box.top + box.height / 2];
  const [ux, uy] = direction(head, middle);
  const inset = { left: box.left + 5, top: box.top + 5, width: box.width - 10, height: box.height - 10 };
  const far = box.width + box.height;
  const edge = clipSegment(middle[0], middle[1], middle[0] + ux * far, middle[1] + uy * far, inset);
  if (!edge) return;
  const [ex, ey] = [edge[2], edge[3]];
  drawArrow(context, ex - ux * rem * 1.5, ey - uy * rem * 1.5, ex, ey, { colour: style.colour, width: 3, rim: colours.halo, head: rem * 0.75 });
  const words = diverged && ended ? [`lost, ${number(off)} off the map`] : [`${number(off)} off the map`];
  drawTag(context, words, ex, ey, [ux, uy], box, style.colour, colours, rem);
}

function direction(head, middle) {
  if (!Number.isFinite(head[0]) || !Number.isFinite(head[1])) return [0, -1];
  const length = Math.hypot(head[0] - middle[0], head[1] - middle[1]) || 1;
  return [(head[0] - middle[0]) / length, (head[1] - middle[1]) / length];
}

/** Words on a small card behind the tail of an edge arrow; it never leaves the box. */
function drawTag(context, lines, edgeX, edgeY, [ux, uy], box, ink, colours, rem) {
  const size = rem * 0.75;
  context.font = `600 ${size}px ${FONT}`;
  const width = Math.max(...lines.map((line) => context.measureText(line).width)) + rem * 0.7;
  const height = lines.length * size * 1.3 + rem * 0.3;
  const back = rem * 1.75 + Math.abs(ux) * (width / 2) + Math.abs(uy) * (height / 2);
  const [x, y] = [edgeX - ux * back, edgeY - uy * back];
  const left = Math.max(box.left + 3, Math.min(box.left + box.width - width - 3, x - width / 2));
  const top = Math.max(box.top + 3, Math.min(box.top + box.height - height - 3, y - height / 2));
  context.fillStyle = colours.lens;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, width, height, 3);
  context.fill();
  context.stroke();
  context.fillStyle = ink;
  context.textAlign = "left";
  context.textBaseline = "middle";
  lines.forEach((line, index) => context.fillText(line, left + rem * 0.35, top + rem * 0.15 + size * 1.3 * (index + 0.5)));
}

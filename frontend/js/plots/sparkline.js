// @ts-check
/** The loss of one run, small: logarithmic where it is positive, with no axis; the numbers stand beside it. */

import { fitCanvas } from "../lib/canvas.js";
import { extent } from "../lib/arrays.js";
import { chrome } from "./palette.js";

const DECADES = 12;

/**
 * @param {HTMLCanvasElement} canvas @param {{width: number, height: number}} size @param {ArrayLike<number> | null} loss null: not here yet
 * @param {number} last the step at which the line would end at the right @param {string} colour @param {import("./palette.js").Theme} theme
 */
export function paintSparkline(canvas, { width, height }, loss, last, colour, theme) {
  if (!width || !height) return;
  const context = fitCanvas(canvas, width, height);
  context.fillStyle = chrome(theme).grid;
  context.fillRect(0, height - 1, width, 1);
  if (!loss || !loss.length) return;
  const up = placeOf(loss, height);
  const across = (step) => (last ? step / last : 0) * (width - 3) + 1;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.lineJoin = "round";
  context.beginPath();
  let drawing = false;
  let [x, y] = [0, 0];
  for (let step = 0; step < loss.length; step += 1) {
    if (!Number.isFinite(loss[step])) break;
    [x, y] = [across(step), up(loss[step])];
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  }
  context.stroke();
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, 2.5, 0, 2 * Math.PI);
  context.fill();
}

function placeOf(loss, height) {
  const [least, most] = extent(loss);
  const positive = Array.from(loss).filter((value) => value > 0 && Number.isFinite(value));
  const isLog = least >= 0 && positive.length > 1;
  const low = isLog ? Math.log10(Math.max(positive.reduce((a, b) => Math.min(a, b)), most / 10 ** DECADES)) : least;
  const high = isLog ? Math.log10(most) : most;
  const place = (value) => (isLog ? Math.log10(Math.max(value, 10 ** low)) : value);
  return (value) => 3 + (height - 7) * (1 - (high > low ? (place(value) - low) / (high - low) : 0.5));
}

// @ts-check
/** A small picture of a preset: the map and the paths, or a network's losses, from the numbers that the list of presets brings. */

import { decodeArray } from "../lib/arrays.js";
import { fitCanvas, pixelRatio } from "../lib/canvas.js";
import { paintBands, paintLevels } from "./contour.js";
import { drawPath } from "./ink.js";
import { drawMarker } from "./marks.js";
import { chrome, variantStyle } from "./palette.js";
import { flatProjection } from "./projection.js";

/** @param {HTMLCanvasElement} canvas @param {any} thumbnail @param {number} width @param {number} height @param {import("./palette.js").Theme} theme */
export function paintThumbnail(canvas, thumbnail, width, height, theme) {
  const context = fitCanvas(canvas, width, height);
  if (!thumbnail.z) return paintLosses(context, thumbnail, width, height, theme);
  const z = decodeArray(thumbnail.z);
  const box = { left: 0, top: 0, width, height };
  const surface = { z: z.data, rows: z.shape[0], columns: z.shape[1], window: thumbnail.window, optimalValue: null, minimizers: [] };
  for (const paint of [paintBands, paintLevels]) paint(context, /** @type {any} */ (surface), box, theme, pixelRatio());
  const projection = flatProjection(thumbnail.window, box);
  thumbnail.paths.forEach((path, index) => {
    const style = variantStyle(index, theme);
    const pixels = Float64Array.from(path.points.flatMap(([x, y]) => (x === null || y === null ? [NaN, NaN] : projection.to(x, y, 0))));
    const steps = path.points.length - 1;
    drawPath(context, { pixels, colour: style.colour, rim: chrome(theme).halo, box, steps }, 0, steps);
    const [x, y] = [pixels[2 * steps], pixels[2 * steps + 1]];
    if (x >= 0 && x <= width && y >= 0 && y <= height) drawMarker(context, style, x, y, 4, chrome(theme).paper);
  });
}

/** Held-out losses over the updates, on a logarithmic axis, with the loss of guessing; what explodes leaves at the top. */
function paintLosses(context, { baseline, paths }, width, height, theme) {
  const { paper, muted, halo } = chrome(theme);
  const lowest = Math.min(baseline / 4, ...paths.flatMap(({ points }) => points.map(([, loss]) => loss)));
  const last = Math.max(...paths.flatMap(({ points }) => points.map(([step]) => step)));
  const [margin, top] = [height / 10, Math.max(baseline * 4, ...paths.map(({ points }) => 2 * points[0][1]))];
  const x = (step) => margin + ((width - 2 * margin) * step) / last;
  const y = (loss) => margin + ((height - 2 * margin) * Math.log(top / loss)) / Math.log(top / lowest);
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  context.strokeStyle = muted;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(0, y(baseline));
  context.lineTo(width, y(baseline));
  context.stroke();
  context.setLineDash([]);
  const box = { left: 0, top: 0, width, height };
  paths.forEach(({ points }, index) => {
    const style = variantStyle(index, theme);
    const pixels = Float64Array.from(points.flatMap(([step, loss]) => [x(step), Math.max(-height, y(loss))]));
    const steps = points.length - 1;
    drawPath(context, { pixels, colour: style.colour, rim: halo, box, steps }, 0, steps);
    const [endX, endY] = [pixels[2 * steps], pixels[2 * steps + 1]];
    if (endY >= 0) drawMarker(context, style, endX, endY, 4, paper);
  });
}

// @ts-check
/** A small picture of a preset: the map and the paths, from the numbers that the list of presets brings. */

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

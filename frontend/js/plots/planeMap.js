// @ts-check
/** A plane through the weights: the loss on it, and the shadow that every variant's path throws on it. */

import { FONT, fitCanvas, pixelRatio } from "../lib/canvas.js";
import { paintBands, paintLevels } from "./contour.js";
import { paintAxes } from "./frame.js";
import { drawPath } from "./ink.js";
import { drawMarker, drawStart } from "./marks.js";
import { chrome, variantStyle } from "./palette.js";
import { flatProjection } from "./projection.js";

/** @param {{base: HTMLCanvasElement, now: HTMLCanvasElement}} canvases */
export function createPlaneMap({ base, now }) {
  let size = { width: 0, height: 0, rem: 16 };
  let surface = /** @type {import("../api/growing.js").PlaneSurface | null} */ (null);
  let theme = /** @type {import("./palette.js").Theme} */ ("light");
  let projection = /** @type {import("./projection.js").Projection | null} */ (null);
  let paths = /** @type {any[]} */ ([]);
  let shown = "";

  const render = () => {
    if (!surface || !size.width) return;
    const box = boxOf(surface.window, size);
    projection = flatProjection(surface.window, box);
    const context = fitCanvas(base, size.width, size.height);
    paintBands(context, /** @type {any} */ (surface), box, theme, pixelRatio());
    paintLevels(context, /** @type {any} */ (surface), box, theme, pixelRatio());
    paintAxes(context, surface.window, size, theme, box);
    nameAxes(context, surface.axisLabels, box, size.rem, theme);
    paths = pathsOf(surface, projection, theme);
    for (const path of paths) {
      context.globalAlpha = 0.35;
      drawPath(context, path, 0, path.steps);
      context.globalAlpha = 1;
    }
    shown = "";
  };

  return {
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return;
      size = next;
      render();
    },
    /** @param {import("../api/growing.js").PlaneSurface} next @param {import("./palette.js").Theme} nextTheme */
    setSurface(next, nextTheme) {
      [surface, theme] = [next, nextTheme];
      render();
    },
    /** @param {number} step */
    draw(step) {
      if (!surface || !projection) return;
      const places = surface.paths.map(({ steps }) => placeOf(steps, step));
      if (shown === places.join()) return;
      shown = places.join();
      paintPaths(fitCanvas(now, size.width, size.height), paths, places, size.rem, theme);
    },
    placeOf,
  };
}

/** The shadows of all paths in pixels. @param {import("../api/growing.js").PlaneSurface} surface @param {import("./projection.js").Projection} projection @param {import("./palette.js").Theme} theme */
export function pathsOf(surface, projection, theme) {
  return surface.paths.map(({ x, y, steps }, index) => {
    const pixels = Float64Array.from({ length: 2 * steps.length }, (_, place) => projection.to(x[place >> 1], y[place >> 1], 0)[place % 2]);
    return { pixels, colour: variantStyle(index, theme).colour, rim: chrome(theme).halo, box: projection.box, steps: steps.length - 1 };
  });
}

/** Every path up to a snapshot. @param {any} context @param {any[]} paths @param {number[]} places */
export function paintPaths(context, paths, places, rem, theme) {
  const [first] = paths;
  if (first) drawStart(context, first.pixels[0], first.pixels[1], rem * 0.4, chrome(theme).ink, chrome(theme).halo);
  paths.forEach((path, index) => {
    const place = places[index];
    drawPath(context, path, 0, place);
    const [x, y] = [path.pixels[2 * place], path.pixels[2 * place + 1]];
    if (Number.isFinite(x)) drawMarker(context, variantStyle(index, theme), x, y, rem * 0.34, chrome(theme).paper);
  });
}

/** The last snapshot at or before a step. @param {number[]} steps @param {number} step */
export function placeOf(steps, step) {
  let place = 0;
  while (place + 1 < steps.length && steps[place + 1] <= step) place += 1;
  return place;
}

/** The plane as wide as it may be; its two directions are measured alike where that leaves enough to see. */
export function boxOf([[x0, x1], [y0, y1]], { width, height, rem }) {
  const [left, top] = [Math.round(rem * 3), Math.round(rem * 0.5)];
  const [roomX, roomY] = [width - left - Math.round(rem * 0.6), height - top - Math.round(rem * 1.5)];
  const ratio = (x1 - x0) / (y1 - y0) / (roomX / roomY);
  if (ratio > 3 || ratio < 1 / 3) return { left, top, width: roomX, height: roomY };
  const scale = Math.min(roomX / (x1 - x0), roomY / (y1 - y0));
  const [across, up] = [Math.round(scale * (x1 - x0)), Math.round(scale * (y1 - y0))];
  return { left: left + Math.round((roomX - across) / 2), top: top + Math.round((roomY - up) / 2), width: across, height: up };
}

export function nameAxes(context, [x, y], box, rem, theme) {
  context.font = `italic ${rem * 0.75}px ${FONT}`;
  const words = (text, px, py, align, baseline) => {
    context.textAlign = align;
    context.textBaseline = baseline;
    context.lineWidth = 3;
    context.strokeStyle = chrome(theme).halo;
    context.strokeText(text, px, py);
    context.fillStyle = chrome(theme).ink;
    context.fillText(text, px, py);
  };
  words(x, box.left + box.width - 6, box.top + box.height - 5, "right", "bottom");
  words(y, box.left + 6, box.top + 5, "left", "top");
}

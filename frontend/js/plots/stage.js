// @ts-check
/** The layers of one panel: base (map and axes), ink (path so far) and now (what moves). Data in, strokes out. */

import { contextOf, fitCanvas, pixelRatio } from "../lib/canvas.js";
import { drawHead, drawSteps, headAt } from "./arrows.js";
import { paintContour } from "./contour.js";
import { paintAxes, plotBox } from "./frame.js";
import { drawPath, drawTail } from "./ink.js";
import { drawLens, lensSize } from "./lens.js";
import { drawMinimum, drawStart } from "./marks.js";
import { momentOf, steppingOf } from "./moment.js";
import { chrome, variantStyle } from "./palette.js";
import { flatProjection, screenPath } from "./projection.js";

/**
 * @typedef {{surface: import("../api/results.js").Surface, run: import("../api/results.js").VariantRun, experiment: any, index: number,
 *   theme: import("./palette.js").Theme, rule: import("./lens.js").Rule, corner: "tl" | "tr" | "bl" | "br"}} Scene
 * @param {{base: HTMLCanvasElement, ink: HTMLCanvasElement, now: HTMLCanvasElement}} canvases
 */
export function createStage({ base, ink, now }) {
  /** @type {import("./frame.js").Size} */
  let size = { width: 0, height: 0, rem: 16 };
  /** @type {Scene | null} */
  let scene = null;
  /** @type {import("./projection.js").Projection | null} */
  let camera = null;
  /** @type {import("./projection.js").Projection | null} */
  let projection = null;
  /** @type {import("./ink.js").Path | null} */
  let path = null;
  let drawn = -1;

  const reproject = () => {
    if (!scene || size.width === 0) return;
    projection = camera ?? flatProjection(scene.surface.window, plotBox(size));
    const style = variantStyle(scene.index, scene.theme);
    const pixels = screenPath(projection, scene.run.series.params, scene.run.series.loss);
    path = { pixels, colour: style.colour, rim: chrome(scene.theme).halo, box: projection.box, steps: scene.run.steps };
    drawn = -1;
  };

  const paintBase = () => {
    if (!scene || size.width === 0) return;
    const context = fitCanvas(base, size.width, size.height);
    paintContour(context, scene.surface, plotBox(size), scene.theme, pixelRatio());
    paintAxes(context, scene.surface.window, size, scene.theme);
    drawMinima(context, flatProjection(scene.surface.window, plotBox(size)), scene, size.rem);
  };

  const drawInk = (step) => {
    if (!path || !projection || !scene) return;
    const whole = drawn < 0 || step < drawn;
    const context = whole ? fitCanvas(ink, size.width, size.height) : contextOf(ink);
    drawPath(context, path, whole ? 0 : drawn, step);
    drawn = Math.max(0, Math.min(step, path.steps));
  };

  const drawNow = (clock) => {
    if (!path || !projection || !scene) return;
    const context = fitCanvas(now, size.width, size.height);
    const { run, experiment, index, theme } = scene;
    const [style, colours] = [variantStyle(index, theme), chrome(theme)];
    const moment = momentOf(run, clock.step, steppingOf(experiment, index));
    const head = headAt(path, clock.step, clock.travel);
    const phase = clock.slow ? clock.phase : 3;
    if (!Number.isNaN(path.pixels[0])) drawStart(context, path.pixels[0], path.pixels[1], size.rem * 0.34, colours.ink, colours.halo);
    drawTail(context, path, clock.step, head);
    drawSteps(context, projection, phase === 0 ? { ...moment, kept: moment.raw, fired: false } : moment, style, colours);
    const [[x0, x1], [y0, y1]] = scene.surface.window;
    const far = { head, place: placeOf(moment, clock.travel), centre: [(x0 + x1) / 2, (y0 + y1) / 2], ended: moment.ended, diverged: run.outcome.status === "diverged" };
    drawHead(context, far, projection.box, style, colours, size.rem);
    const lens = lensSize(size.rem, projection.box.width);
    const [left, top] = cornerAt(scene.corner, projection.box, lens);
    drawLens(context, left, top, lens, scene.rule, moment, style, colours, size.rem, phase);
  };

  return {
    /** @param {import("./frame.js").Size} next @returns {boolean} whether it changed */
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return false;
      size = next;
      reproject();
      paintBase();
      return true;
    },
    /** @param {Scene} next */
    setScene(next) {
      const repaint = !scene || next.surface !== scene.surface || next.theme !== scene.theme;
      scene = next;
      reproject();
      if (repaint) paintBase();
    },
    /** A projection of the 3-D view, or null for the map. @param {import("./projection.js").Projection | null} next */
    setCamera(next) {
      camera = next;
      reproject();
    },
    /** @param {ReturnType<import("../state/clock.js").createClock>} clock */
    draw(clock) {
      drawInk(clock.step);
      drawNow(clock);
    },
    projection: () => projection,
    /** Where things are, for tests and for the reader: pixels of the path, steps drawn. */
    report: () => ({ pixels: path?.pixels, drawn, box: projection?.box }),
  };
}

function drawMinima(context, projection, { surface, theme }, rem) {
  const colours = chrome(theme);
  for (const [x, y] of surface.minimizers) {
    if (projection.inside(x, y)) drawMinimum(context, ...projection.to(x, y, 0), rem * 0.32, colours.minimum, colours.halo);
  }
}

function placeOf({ at, next }, travel) {
  return [at[0] + (next[0] - at[0]) * travel, at[1] + (next[1] - at[1]) * travel];
}

function cornerAt(corner, box, { side, words }) {
  const gap = 6;
  const left = corner.endsWith("l") ? box.left + gap : box.left + box.width - side - gap;
  const top = corner.startsWith("t") ? box.top + gap : box.top + box.height - side - words - gap;
  return [left, top];
}

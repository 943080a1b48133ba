// @ts-check
/** The layers of one panel: base (bands and axes), levels (lines and minima), ink (path so far) and now (what moves). Data in, strokes out. */

import { contextOf, fitCanvas, pixelRatio } from "../lib/canvas.js";
import { drawHead, drawSteps, headAt } from "./arrows.js";
import { paintBands, paintLevels } from "./contour.js";
import { cornerOf, lensPlace, paintAxes, plotBox } from "./frame.js";
import { drawGhost, drawPath, drawTail, nearestStep } from "./ink.js";
import { drawLens, lensSize } from "./lens.js";
import { drawMinimum, drawStart, minimaIn } from "./marks.js";
import { momentOf, steppingOf } from "./moment.js";
import { chrome, variantStyle } from "./palette.js";
import { flatProjection, screenPath } from "./projection.js";

/**
 * @typedef {{surface: import("../api/results.js").Surface, run: import("../api/results.js").VariantRun, experiment: any, index: number,
 *   theme: import("./palette.js").Theme, rule: import("./lens.js").Rule, corner: "tl" | "tr" | "bl" | "br"}} Scene
 * @param {{base: HTMLCanvasElement, levels: HTMLCanvasElement, ink: HTMLCanvasElement, now: HTMLCanvasElement}} canvases
 */
export function createStage({ base, levels, ink, now }) {
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

  const boxNow = () => plotBox(size, scene?.surface.window ?? [[0, 1], [0, 1]]);

  const reproject = () => {
    if (!scene || size.width === 0) return;
    projection = camera ?? flatProjection(scene.surface.window, boxNow());
    path = pathOf(scene, projection);
    drawn = -1;
  };

  const paintBase = () => {
    if (!scene || size.width === 0) return;
    const context = fitCanvas(base, size.width, size.height);
    paintBands(context, scene.surface, boxNow(), scene.theme, pixelRatio());
    paintAxes(context, scene.surface.window, size, scene.theme);
    const above = fitCanvas(levels, size.width, size.height);
    paintLevels(above, scene.surface, boxNow(), scene.theme, pixelRatio());
    drawMinima(above, flatProjection(scene.surface.window, boxNow()), scene, size.rem);
  };

  const drawInk = (step) => {
    if (!path || !projection || !scene) return;
    const whole = drawn < 0 || step < drawn;
    const context = whole ? fitCanvas(ink, size.width, size.height) : contextOf(ink);
    drawPath(context, path, whole ? 0 : drawn, step);
    drawn = Math.max(0, Math.min(step, path.steps));
  };

  const drawNow = (clock) => {
    if (path && projection && scene) paintMoment(fitCanvas(now, size.width, size.height), { scene, projection, path, size }, clock);
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
    /** As it was last measured: reading it from the page would cost a layout. */
    size: () => size,
    /** Where the flat map lies in the panel, or null while there is none. */
    mapBox: () => (scene && size.width > 0 ? boxNow() : null),
    /** The step of the path within reach of a pixel, or null. @param {number} px @param {number} py */
    nearestStep: (px, py) => (path ? nearestStep(path, px, py) : null),
    /** Where things are, for tests and for the reader: pixels of the path, steps drawn. */
    report: () => ({ pixels: path?.pixels, drawn, box: projection?.box }),
  };
}

/** The path of a scene in pixels. @param {Scene} scene @param {import("./projection.js").Projection} projection @returns {import("./ink.js").Path} */
export function pathOf({ run, index, theme }, projection) {
  const pixels = screenPath(projection, run.series.params, run.series.loss);
  return { pixels, colour: variantStyle(index, theme).colour, rim: chrome(theme).halo, box: projection.box, steps: run.steps };
}

/**
 * What moves: arrows, head, lens. @param {CanvasRenderingContext2D} context
 * @param {{scene: Scene, projection: import("./projection.js").Projection, path: import("./ink.js").Path, size: import("./frame.js").Size}} picture
 * @param {{step: number, travel: number, phase: number, slow: boolean, playing: boolean}} clock
 */
export function paintMoment(context, { scene, projection, path, size }, clock) {
  const { run, experiment, index, theme } = scene;
  const [style, colours] = [variantStyle(index, theme), chrome(theme)];
  const moment = momentOf(run, clock.step, steppingOf(experiment, index));
  const head = headAt(path, clock.step, clock.travel);
  const phase = clock.slow ? clock.phase : 3;
  const begin = startOf(projection, path, experiment);
  if (!Number.isNaN(begin[0])) drawStart(context, begin[0], begin[1], size.rem * 0.34, colours.ink, colours.halo);
  if (!clock.playing && !clock.held) drawGhost(context, path, clock.step);
  drawTail(context, path, clock.step, head);
  drawSteps(context, projection, phase === 0 ? { ...moment, kept: moment.raw, fired: false } : moment, style, colours);
  const [[x0, x1], [y0, y1]] = scene.surface.window;
  const [place, centre] = [placeOf(moment, clock.travel), [(x0 + x1) / 2, (y0 + y1) / 2]];
  const seen = Number.isNaN(head[0]) ? beyond(projection, place, centre, scene.surface) : head;
  const off = Math.hypot(Math.max(x0 - place[0], 0, place[0] - x1), Math.max(y0 - place[1], 0, place[1] - y1));
  const far = { head: seen, off, ended: moment.ended, diverged: run.outcome.status === "diverged" };
  drawHead(context, far, whole(projection, size), style, colours, size.rem);
  const lens = projection.flat ? lensPlace(size, projection.box, scene.corner) : { ...solidLens(size), over: true };
  if (!(lens.over && moment.ended)) drawLens(context, lens.left, lens.top, lens, scene.rule, moment, style, colours, size.rem, phase);
}

/** In 3-D: smaller, and away from the axis of the heights. @param {import("./frame.js").Size} size */
function solidLens({ width, height, rem }) {
  return cornerOf({ left: 0, top: 0, width, height }, lensSize(rem * 0.85, width), "tr");
}

/** The start of the document, under the pointer that drags it: the nearest path that is known may begin some pixels beside it. */
function startOf(projection, path, { start }) {
  return projection.flat && start ? projection.to(start[0], start[1], 0) : path.pixels;
}

/** Crosses at the known minima. @param {CanvasRenderingContext2D} context */
export function drawMinima(context, projection, { surface, theme }, rem) {
  const colours = chrome(theme);
  for (const [x, y] of minimaIn(surface)) drawMinimum(context, ...projection.to(x, y, 0), rem * 0.32, colours.minimum, colours.halo);
}

/** In 3-D the whole panel is the frame; on the map it is the plot. */
function whole(projection, { width, height }) {
  return projection.flat ? projection.box : { left: 0, top: 0, width, height };
}

/** A pixel far out in the direction of a place that is off the 3-D surface. */
function beyond(projection, place, centre, surface) {
  const [[x0, x1], [y0, y1]] = surface.window;
  const away = [(place[0] - centre[0]) / (x1 - x0), (place[1] - centre[1]) / (y1 - y0)];
  const length = Math.hypot(...away) || 1;
  const [cx, cy] = projection.to(centre[0], centre[1], surface.optimalValue ?? 0);
  const [ex, ey] = projection.to(centre[0] + (away[0] / length) * (x1 - x0) * 0.5, centre[1] + (away[1] / length) * (y1 - y0) * 0.5, surface.optimalValue ?? 0);
  return [cx + (ex - cx) * 1000, cy + (ey - cy) * 1000];
}

function placeOf({ at, next }, travel) {
  return [at[0] + (next[0] - at[0]) * travel, at[1] + (next[1] - at[1]) * travel];
}

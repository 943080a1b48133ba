// @ts-check
/** How large the gradient is at every time step, update after update: an explosion is seen travelling back in time. */

import { contextOf, fitCanvas, pixelRatio } from "../lib/canvas.js";
import { linearTicks } from "../lib/scale.js";
import { brokenColours, heatColours, heatShare, packed } from "./heatScale.js";
import { chrome } from "./palette.js";
import { paintCursor, paintUpdates, paintValues, stripOf } from "./strip.js";

/**
 * @typedef {{track: import("../api/growing.js").Track, key: "hidden" | "cell", length: number, last: number,
 *   decades: import("./heatScale.js").Decades, theme: import("./palette.js").Theme}} HeatData
 * @param {{base: HTMLCanvasElement, now: HTMLCanvasElement}} canvases
 */
export function createHeat({ base, now }) {
  const picture = document.createElement("canvas");
  let size = { width: 0, height: 0, rem: 16 };
  let data = /** @type {HeatData | null} */ (null);
  let strip = /** @type {import("./strip.js").Strip | null} */ (null);
  let painted = 0;
  let cursor = -1;

  const whole = () => {
    if (!data || !size.width) return;
    strip = stripOf(size, data.last);
    paintFrame(fitCanvas(base, size.width, size.height), data, strip);
    [painted, cursor] = [0, -1];
    grow();
  };

  /** Paint the columns that are new. */
  const grow = () => {
    if (!data || !strip || !data.track.values[data.key]) return;
    const { track, length, last } = data;
    const fresh = track.count - painted;
    if (fresh <= 0) return;
    fillColumns(picture, data, painted, fresh);
    const context = contextOf(base);
    context.imageSmoothingEnabled = length > strip.height * pixelRatio();
    for (let column = 0; column < fresh; column += 1) {
      const [from, to] = edges(track, painted + column, last).map(strip.across);
      const x = snapped(from);
      context.drawImage(picture, column, 0, 1, length, x, strip.top, Math.max(snapped(to) - x, 1 / pixelRatio()), strip.height);
    }
    painted = track.count;
  };
  const snapped = (x) => Math.round(x * pixelRatio()) / pixelRatio();

  return {
    /** @param {import("./strip.js").Size} next */
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return;
      size = next;
      whole();
    },
    /** @param {HeatData} next */
    setData(next) {
      const parts = ({ track, key, theme, last, decades: { low, high } }) => [track, key, theme, last, low, high];
      const before = data && parts(data);
      data = next;
      if (!before || !strip || parts(next).some((part, index) => part !== before[index])) whole();
      else grow();
    },
    /** @param {number} position */
    draw(position) {
      if (!data || !strip || position === cursor) return;
      cursor = position;
      paintCursor(fitCanvas(now, size.width, size.height), strip, position, data.theme);
    },
    strip: () => strip,
    /** Time step (from 1) under a pixel row. @param {number} py */
    timeAt(py) {
      if (!data || !strip) return 1;
      const share = (strip.top + strip.height - py) / strip.height;
      return Math.max(1, Math.min(data.length, Math.floor(share * data.length) + 1));
    },
  };
}

/** Axes, and the ground of what has not come. @param {CanvasRenderingContext2D} context @param {HeatData} data @param {import("./strip.js").Strip} strip */
function paintFrame(context, { theme, length }, strip) {
  context.fillStyle = chrome(theme).grid;
  context.fillRect(strip.left, strip.top, strip.width, strip.height);
  paintUpdates(context, strip, theme);
  const up = rowsOf(strip, length);
  paintValues(context, strip, timeTicks(length, strip), (t) => up(t - 0.5), theme, false);
}

/** A pixel per time step and column that was measured. */
function fillColumns(picture, data, from, count) {
  [picture.width, picture.height] = [count, data.length];
  const image = new ImageData(count, data.length);
  const pixels = new Uint32Array(image.data.buffer);
  for (let column = 0; column < count; column += 1) fillColumn(pixels, data, from + column, column, count);
  picture.getContext("2d").putImageData(image, 0, 0);
}

/**
 * The whole map at a moment, on one context: for pictures that stand still. @param {any} context @param {HeatData} data
 * @param {import("./strip.js").Size} size @param {number} position @param {number} ratio pixels of the colours per pixel
 */
export function paintHeat(context, data, size, position, ratio) {
  const strip = stripOf(size, data.last);
  paintFrame(context, data, strip);
  const { track, last } = data;
  if (track.count && track.values[data.key]) {
    const [columns, whole] = [document.createElement("canvas"), document.createElement("canvas")];
    fillColumns(columns, data, 0, track.count);
    [whole.width, whole.height] = [Math.round(strip.width * ratio), Math.round(strip.height * ratio)];
    const fine = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
    fine.imageSmoothingEnabled = data.length > whole.height;
    for (let column = 0; column < track.count; column += 1) {
      const [from, to] = edges(track, column, last).map((step) => Math.round((last ? step / last : 0) * whole.width));
      fine.drawImage(columns, column, 0, 1, data.length, from, 0, Math.max(1, to - from), whole.height);
    }
    context.drawImage(whole, strip.left, strip.top, strip.width, strip.height);
  }
  paintCursor(context, strip, position, data.theme);
}

/** A column stands for the updates around the one that was measured. */
function edges({ steps }, place, last) {
  const from = place === 0 ? 0 : (steps[place - 1] + steps[place] + 1) / 2;
  const to = place + 1 < steps.length ? (steps[place] + steps[place + 1] + 1) / 2 : last;
  return [from, to];
}

/** The last time step is at the top. */
function fillColumn(pixels, { track, key, length, decades, theme }, place, column, columns) {
  const { data } = track.values[key];
  const colours = heatColours(theme);
  const broken = brokenColours(theme).map((hex) => packed([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))));
  for (let t = 0; t < length; t += 1) {
    const value = data[place * length + t];
    const finite = Number.isFinite(value);
    pixels[(length - 1 - t) * columns + column] = finite ? colours[Math.round(heatShare(value, decades) * 255)] : broken[(t + place) % 2];
  }
}

function rowsOf({ top, height }, length) {
  return (t) => top + height * (1 - t / length);
}

/** 1, some round numbers, and the last. */
function timeTicks(length, { height, rem }) {
  const inner = linearTicks(1, length, Math.max(2, Math.round(height / (rem * 2.4)))).filter((t) => t > length * 0.12 && t < length * 0.9);
  return [1, ...inner, length];
}

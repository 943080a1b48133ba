// @ts-check
/** Largest singular value and spectral radius of the recurrent matrix, and the line that the theory draws. */

import { FONT, fitCanvas } from "../lib/canvas.js";
import { number } from "../lib/format.js";
import { linearTicks, logTicks } from "../lib/scale.js";
import { drawMarker } from "./marks.js";
import { chrome, faded, variantStyle } from "./palette.js";
import { paintCursor, paintUpdates, paintValues, stripOf } from "./strip.js";

/**
 * @typedef {{probes: import("../api/growing.js").Track, gamma: number | null, last: number, range: [number, number], index: number,
 *   theme: import("./palette.js").Theme}} GaugeData `range`: of all variants, so that the gauges can be compared
 * @param {{base: HTMLCanvasElement, now: HTMLCanvasElement}} canvases
 */
export function createGauge({ base, now }) {
  let size = { width: 0, height: 0, rem: 16 };
  let data = /** @type {GaugeData | null} */ (null);
  let strip = /** @type {import("./strip.js").Strip | null} */ (null);
  let to = (_value) => 0;
  let shown = "";

  const render = () => {
    if (!data || !size.width) return;
    strip = stripOf(size, data.last);
    to = paintStill(fitCanvas(base, size.width, size.height), data, strip);
    shown = "";
  };

  return {
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return;
      size = next;
      render();
    },
    /** @param {GaugeData} next */
    setData(next) {
      data = next;
      render();
    },
    /** @param {number} position @param {number} place the probe that is shown, or -1 */
    draw(position, place) {
      if (!data || !strip || shown === `${position} ${place}`) return;
      shown = `${position} ${place}`;
      paintNow(fitCanvas(now, size.width, size.height), data, strip, to, position, place);
    },
    strip: () => strip,
  };
}

/** Axes, both lines and the theory's; returns where a value stands. @returns {(value: number) => number} */
function paintStill(context, data, strip) {
  const { to, ticks } = axisOf(data.range, strip);
  paintUpdates(context, strip, data.theme);
  paintValues(context, strip, ticks, to, data.theme);
  paintLine(context, data, strip, to, "spectral_radius", true);
  paintLine(context, data, strip, to, "largest_singular_value", false);
  if (data.gamma) paintLimit(context, data, strip, to);
  return to;
}

function paintNow(context, { probes, index, theme }, strip, to, position, place) {
  paintCursor(context, strip, position, theme);
  if (place < 0) return;
  for (const name of ["spectral_radius", "largest_singular_value"]) {
    const value = probes.values[name].data[place];
    if (Number.isFinite(value)) drawMarker(context, variantStyle(index, theme), strip.across(probes.steps[place]), to(value), strip.rem * 0.23, chrome(theme).paper);
  }
}

/**
 * All of it at a moment, on one context: for pictures that stand still. @param {any} context @param {GaugeData} data
 * @param {import("./strip.js").Size} size @param {number} position @param {number} place
 */
export function paintGauge(context, data, size, position, place) {
  const strip = stripOf(size, data.last);
  paintNow(context, data, strip, paintStill(context, data, strip), position, place);
}

/** Lowest and highest value of all variants, the line of the theory included. @param {import("../api/growing.js").Growing} run @returns {[number, number]} */
export function gaugeRange({ variants, problem }) {
  let [low, high] = problem.gamma ? [1 / problem.gamma, 1 / problem.gamma] : [1, 1];
  for (const { probes } of variants) {
    for (const name of ["spectral_radius", "largest_singular_value"]) {
      for (let place = 0; place < probes.count; place += 1) {
        const value = probes.values[name].data[place];
        if (value > 0 && value < Infinity) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
  }
  return [low, high];
}

function axisOf([low, high], { top, height, rem }) {
  const log = high / low > 12;
  const place = log ? Math.log10 : (value) => value;
  const pad = (place(high) - place(low)) * 0.12 || 0.3;
  const [from, until] = [place(low) - pad, place(high) + pad];
  const to = (value) => top + height * (1 - Math.max(0, Math.min(1, (place(value) - from) / (until - from))));
  const count = Math.max(2, Math.floor(height / (rem * 1.6)));
  return { to, ticks: log ? logTicks(10 ** from, 10 ** until, count) : linearTicks(from, until, count) };
}

function paintLine(context, { probes, index, theme }, strip, to, name, dashed) {
  const values = probes.values[name]?.data ?? [];
  const { colour } = variantStyle(index, theme);
  context.strokeStyle = faded(colour, dashed ? 0.8 : 1);
  context.lineWidth = dashed ? 1.25 : 1.75;
  context.setLineDash(dashed ? [4, 3] : []);
  context.beginPath();
  let pen = false;
  for (let place = 0; place < probes.count; place += 1) {
    const drawn = Number.isFinite(values[place]);
    const [x, y] = [strip.across(probes.steps[place]), to(values[place])];
    if (drawn && pen) context.lineTo(x, y);
    else if (drawn) context.moveTo(x, y);
    pen = drawn;
  }
  context.stroke();
  context.setLineDash([]);
}

function paintLimit(context, { gamma, theme }, { left, width, rem }, to) {
  const colours = chrome(theme);
  const y = Math.round(to(1 / gamma)) + 0.5;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1;
  context.setLineDash([1, 2]);
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(left + width, y);
  context.stroke();
  context.setLineDash([]);
  context.font = `${rem * 0.7}px ${FONT}`;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  const words = `1/γ = ${number(1 / gamma)}`;
  context.fillStyle = colours.halo;
  context.fillRect(left + width - context.measureText(words).width - 5, y - rem * 0.95, context.measureText(words).width + 4, rem * 0.9);
  context.fillStyle = colours.ink;
  context.fillText(words, left + width - 3, y - 1);
}

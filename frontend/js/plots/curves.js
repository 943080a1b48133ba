// @ts-check
/** Drawing one chart: axes and pale curves once, the bright part up to the clock copied from a finished picture. */

import { FONT, contextOf, fitCanvas, pixelRatio } from "../lib/canvas.js";
import { percent, tick } from "../lib/format.js";
import { linearTicks } from "../lib/scale.js";
import { namePlaces, valueAxis } from "./axes.js";
import { drawMarker } from "./marks.js";
import { chrome, faded, variantStyle } from "./palette.js";

const FIRED_ROW = 4;
const PALE = 0.3;

/** @param {{base: HTMLCanvasElement, bright: HTMLCanvasElement, now: HTMLCanvasElement}} canvases */
export function createCurves({ base, bright, now }) {
  const finished = document.createElement("canvas");
  let size = { width: 0, height: 0, rem: 16 };
  let chart = /** @type {import("./chartData.js").ChartData | null} */ (null);
  let theme = /** @type {import("./palette.js").Theme} */ ("light");
  let layout = /** @type {any} */ (null);
  let shown = -1;
  /** Whether there is something new to paint: that waits for the frame, so that several changes before it cost as much as one. */
  let stale = false;

  const render = () => {
    if (!stale || !chart || size.width === 0) return;
    stale = false;
    layout = layoutOf(chart, size);
    const below = fitCanvas(base, size.width, size.height);
    paintAxes(below, chart, layout, theme);
    paintLines(below, chart, layout, theme, PALE);
    const above = fitCanvas(finished, size.width, size.height);
    paintLines(above, chart, layout, theme, 1);
    paintLimitNames(above, chart, layout, theme);
    paintFired(above, chart, layout, theme);
    fitCanvas(bright, size.width, size.height);
    shown = -1;
  };

  /** Copy the finished picture from pixel column `from` to `to`. */
  const reveal = (from, to) => {
    const ratio = pixelRatio();
    const [x, width] = [Math.floor(from * ratio), Math.ceil((to - from) * ratio) + 1];
    if (width <= 0) return;
    const context = contextOf(bright);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(x, 0, width, finished.height);
    context.drawImage(finished, x, 0, width, finished.height, x, 0, width, finished.height);
  };

  return {
    /** @param {{width: number, height: number, rem: number}} next */
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return;
      size = next;
      stale = true;
      render();
    },
    /** @param {import("./chartData.js").ChartData} nextChart @param {import("./palette.js").Theme} nextTheme */
    setChart(nextChart, nextTheme) {
      [chart, theme] = [nextChart, nextTheme];
      stale = true;
    },
    /** @param {number} position step with its fraction */
    draw(position) {
      render();
      if (!chart || !layout) return;
      const x = layout.across(position);
      if (shown < 0 || x < shown) {
        contextOf(bright).setTransform(1, 0, 0, 1, 0, 0);
        contextOf(bright).clearRect(0, 0, bright.width, bright.height);
        reveal(0, x);
      } else if (x > shown) reveal(Math.max(0, shown - 1), x);
      shown = x;
      const context = fitCanvas(now, size.width, size.height);
      paintCursor(context, chart, layout, theme, position, size.rem);
    },
    /** Step under a pixel column. @param {number} px */
    stepAt(px) {
      render();
      if (!layout || !chart) return 0;
      return Math.max(0, Math.min(chart.last, Math.round(((px - layout.left) / layout.width) * chart.last)));
    },
    layout() {
      render();
      return layout;
    },
  };
}

/**
 * The whole chart at a moment, on one context: for pictures that stand still. @param {CanvasRenderingContext2D} context
 * @param {import("./chartData.js").ChartData} chart @param {{width: number, height: number, rem: number}} size
 * @param {import("./palette.js").Theme} theme @param {number} position
 */
export function paintChart(context, chart, size, theme, position) {
  const layout = layoutOf(chart, size);
  paintAxes(context, chart, layout, theme);
  if (position < chart.last) paintLines(context, chart, layout, theme, PALE);
  context.save();
  context.beginPath();
  context.rect(0, 0, layout.across(position) + (position < chart.last ? 0 : size.rem), size.height);
  context.clip();
  paintLines(context, chart, layout, theme, 1);
  paintFired(context, chart, layout, theme);
  context.restore();
  paintLimitNames(context, chart, layout, theme);
  paintCursor(context, chart, layout, theme, position, size.rem);
}

function layoutOf(chart, { width, height, rem }) {
  const left = Math.round(rem * 2.9);
  const top = Math.round(rem * 0.5);
  const firedHeight = chart.fired.length * FIRED_ROW;
  const bottom = Math.round(rem * 1.55) + firedHeight;
  const inner = { left, top, width: width - left - Math.round(rem * 1.1), height: height - top - bottom, rem, firedHeight };
  const across = (step) => left + (chart.last ? step / chart.last : 0) * inner.width;
  return { ...inner, across, axis: valueAxis(chart, top, inner.height, rem) };
}

function paintAxes(context, chart, layout, theme) {
  const colours = chrome(theme);
  const { left, top, width, height, rem, axis, across, firedHeight } = layout;
  context.font = `${rem * 0.7}px ${FONT}`;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of axis.ticks) {
    const y = Math.round(axis.to(value)) + 0.5;
    line(context, left, y, left + width, y, colours.grid);
    context.fillStyle = colours.muted;
    context.fillText(chart.percent ? percent(value) : tick(value) + chart.unit, left - rem * 0.35, y);
  }
  line(context, left, top + height + 0.5, left + width, top + height + 0.5, colours.line);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const step of linearTicks(0, chart.last, Math.max(2, Math.round(width / (rem * 4.5))))) {
    context.fillStyle = colours.muted;
    context.fillText(tick(step), across(step), top + height + firedHeight + rem * 0.35);
  }
  if (chart.fired.some(({ steps }) => steps.length > 0)) {
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.font = `${rem * 0.62}px ${FONT}`;
    context.fillText("clipped", left - rem * 0.35, top + height + 2 + firedHeight / 2);
  }
  context.setLineDash([1, 2]);
  for (const { value } of chart.limits) {
    const y = Math.round(axis.to(value)) + 0.5;
    line(context, left, y, left + width, y, colours.ink);
  }
  context.setLineDash([]);
  paintLimitNames(context, chart, layout, theme);
}

/** What the dotted lines stand for, above whatever passes there. */
function paintLimitNames(context, chart, { left, width, top, height, rem, axis }, theme) {
  const colours = chrome(theme);
  context.font = `${rem * 0.7}px ${FONT}`;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  const names = chart.limits.map(({ value, label = "threshold" }) => `${label} ${chart.percent ? percent(value) : tick(Number(value.toPrecision(3)))}`);
  const widths = names.map((words) => context.measureText(words).width + 5);
  const tall = rem * 0.85;
  const places = namePlaces(chart.limits.map(({ value }) => Math.round(axis.to(value)) + 0.5), widths, { right: left + width, top, bottom: top + height, tall });
  places.forEach(({ right, bottom }, index) => {
    context.fillStyle = colours.halo;
    context.fillRect(right - widths[index], bottom - tall, widths[index], tall);
    context.fillStyle = colours.ink;
    context.fillText(names[index], right - 2, bottom);
  });
}

function line(context, x0, y0, x1, y1, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function paintLines(context, chart, layout, theme, strength) {
  for (const { variant, values, dashed } of chart.lines) {
    const style = variantStyle(variant, theme);
    context.strokeStyle = faded(style.colour, dashed || chart.dots ? strength * (dashed ? 0.75 : 0.45) : strength);
    context.lineWidth = dashed || chart.dots ? 1 : 1.5;
    context.setLineDash(dashed ? [4, 3] : []);
    strokeValues(context, values, layout);
    context.setLineDash([]);
    if (strength === 1 && !dashed && !chart.dots) paintShapes(context, values, layout, style, variant, chrome(theme), chart.growing ? chart.last : values.length - 1);
    if (values.length - 1 < chart.last - 1 && strength === 1 && !chart.growing?.[variant]) paintEnd(context, values, layout, style);
  }
  for (const { variant, steps, values, count } of chart.dots ?? []) {
    paintDots(context, { steps, values, count }, layout, variantStyle(variant, theme), strength, chrome(theme));
  }
}

/** Measured now and then: a line with the variant's shape at every measurement. */
function paintDots(context, { steps, values, count }, { across, axis, top, height, rem }, style, strength, colours) {
  context.strokeStyle = faded(style.colour, strength);
  context.lineWidth = 2;
  context.beginPath();
  const seen = Array.from({ length: count }, (_, place) => [across(steps[place]), axis.to(values[place])]).filter(([, y]) => y <= top + height + 1);
  for (const [x, y] of seen) context.lineTo(x, y);
  context.stroke();
  let last = -Infinity;
  for (const [x, y] of strength === 1 ? seen : []) {
    if (x - last < rem) continue;
    drawMarker(context, style, x, y, rem * 0.17, colours.paper);
    last = x;
  }
}

/** One point per step, or lowest and highest of each pixel column where steps are denser than pixels. */
function strokeValues(context, values, { left, top, height, across, axis, width }) {
  context.save();
  context.beginPath();
  context.rect(left - 1, top - 1, width + 2, height + 2);
  context.clip();
  const every = Math.max(1, Math.floor(values.length / (width * 2)));
  context.beginPath();
  let pen = false;
  for (let step = 0; step < values.length; step += every) {
    let [low, high] = [Infinity, -Infinity];
    for (let index = step; index < Math.min(values.length, step + every); index += 1) {
      const value = values[index];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(low <= high)) {
      pen = false;
      continue;
    }
    const x = across(step);
    if (pen) context.lineTo(x, axis.to(low));
    else context.moveTo(x, axis.to(low));
    if (high !== low) context.lineTo(x, axis.to(high));
    pen = true;
  }
  context.stroke();
  context.restore();
}

/** The variant's shape now and then along its curve, each variant at other places. */
function paintShapes(context, values, { across, axis, width, rem, top, height }, style, variant, colours, end) {
  const distance = rem * 7;
  const count = Math.floor(width / distance);
  for (let index = 0; index <= count; index += 1) {
    const step = Math.round((((index + 0.25 + variant * 0.25) * distance) / width) * end);
    const y = axis.to(values[step]);
    if (step < values.length && y <= top + height + 1) drawMarker(context, style, across(step), y, rem * 0.2, colours.paper);
  }
}

/** A cross where a variant stopped. */
function paintEnd(context, values, { across, axis }, style) {
  let step = values.length - 1;
  while (step > 0 && Number.isNaN(values[step])) step -= 1;
  const [x, y] = [across(step), axis.to(values[step])];
  context.strokeStyle = style.colour;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 4, y - 4);
  context.lineTo(x + 4, y + 4);
  context.moveTo(x - 4, y + 4);
  context.lineTo(x + 4, y - 4);
  context.stroke();
}

/** A row of ticks per variant: the steps at which its clip fired. */
function paintFired(context, chart, { across, top, height, width }, theme) {
  chart.fired.forEach(({ variant, steps }, row) => {
    context.fillStyle = variantStyle(variant, theme).colour;
    const thickness = Math.max(1, (width / chart.last) * 0.7);
    for (let index = 0; index < steps.length; index += 1) {
      context.fillRect(across(steps[index]), top + height + 2 + row * FIRED_ROW, thickness, FIRED_ROW - 1);
    }
  });
}

function paintCursor(context, chart, layout, theme, position, rem) {
  const colours = chrome(theme);
  const x = layout.across(position);
  line(context, Math.round(x) + 0.5, layout.top, Math.round(x) + 0.5, layout.top + layout.height + layout.firedHeight, colours.ink);
  for (const { variant, values, dashed } of chart.lines) {
    const step = Math.floor(position + 1e-9);
    const y = dashed || step >= values.length ? NaN : layout.axis.to(between(values, position));
    if (y <= layout.top + layout.height + 1) drawMarker(context, variantStyle(variant, theme), x, y, rem * 0.26, colours.paper);
  }
}

/** Between two steps, along the line that a logarithmic axis draws. */
function between(values, position) {
  const step = Math.floor(position + 1e-9);
  const next = values[Math.min(values.length - 1, step + 1)];
  const share = Math.max(0, position - step);
  if (values[step] > 0 && next > 0) return values[step] ** (1 - share) * next ** share;
  return values[step] + (next - values[step]) * share;
}

// @ts-check
/** What the network answers to sequences it was not trained on, against what is right. */

import { FONT, fitCanvas } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { linearTicks } from "../lib/scale.js";
import { drawMarker } from "./marks.js";
import { chrome, faded, variantStyle } from "./palette.js";

/** @typedef {"line" | "scatter" | "classes"} OutputKind */
/**
 * @typedef {{run: import("../api/growing.js").Growing, probes: import("../api/growing.js").Track, index: number, example: number,
 *   theme: import("./palette.js").Theme}} OutputData
 */

/** How answers are drawn: numbers at every step, one number each, or probabilities of classes. @param {import("../api/growing.js").Growing} run @returns {OutputKind} */
export function outputKind({ problem, examples }) {
  const numbers = examples.targets.shape.length === (problem.readout === "every" ? 3 : 2);
  if (!numbers) return "classes";
  return problem.readout === "every" ? "line" : "scatter";
}

/** How many held-out sequences there are to look at one by one; 1 where all are seen at once. @param {import("../api/growing.js").Growing} run */
export function exampleCount({ problem, examples }) {
  return problem.readout === "every" ? examples.targets.shape[1] : 1;
}

const PAINTERS = { line: paintLine, scatter: paintScatter, classes: paintClasses };

/** @param {HTMLCanvasElement} canvas @param {import("./strip.js").Size} size @param {OutputData} data @param {number} place the probe, or -1 */
export function paintOutputs(canvas, size, data, place) {
  paintAnswers(fitCanvas(canvas, size.width, size.height), size, data, place);
}

/** The same on a context. @param {any} context @param {import("./strip.js").Size} size @param {OutputData} data @param {number} place */
export function paintAnswers(context, size, data, place) {
  if (size.width && place >= 0) PAINTERS[outputKind(data.run)](context, size, data, place);
}

const frameOf = ({ width, height, rem }, left = 2.5) => ({
  left: Math.round(rem * left), top: Math.round(rem * 0.4), width: width - Math.round(rem * (left + 0.9)), height: height - Math.round(rem * 2.05), rem,
});

/** One number of the answer; `time` is 0 where there is one answer per sequence. */
function readers({ run: { problem, examples }, probes }, place) {
  const { data, width } = probes.values.outputs;
  const every = problem.readout === "every";
  const shown = examples.targets.shape[every ? 1 : 0];
  const classes = width / (shown * (every ? problem.sequence_length : 1));
  const at = (time, example, output = 0) => data[place * width + ((every ? time : 0) * shown + example) * classes + output];
  const target = (time, example) => {
    const depth = examples.targets.shape.length === (every ? 3 : 2) ? examples.targets.shape.at(-1) ?? 1 : 1;
    return examples.targets.data[((every ? time : 0) * shown + example) * depth];
  };
  return { at, target, shown, classes, counts: (time) => examples.counts?.[time] ?? true };
}

function words(context, { rem }, theme, text, x, y, align = "center", baseline = "top") {
  context.font = `${rem * 0.7}px ${FONT}`;
  context.fillStyle = chrome(theme).muted;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillText(text, x, y);
}

/** The first of some texts that fits below the picture, else the last. */
function fitting(context, { rem, width }, texts) {
  context.font = `${rem * 0.7}px ${FONT}`;
  return texts.find((text) => context.measureText(text).width <= width) ?? texts.at(-1);
}

function box(context, { left, top, width, height }, theme) {
  context.strokeStyle = chrome(theme).line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

function rangeOf(targets) {
  const [low, high] = [Math.min(...targets), Math.max(...targets)];
  const pad = (high - low) * 0.2 || 0.5;
  return [low - pad, high + pad];
}

function paintLine(context, size, data, place) {
  const { theme, index, example, run } = data;
  const frame = frameOf(size);
  const length = run.problem.sequence_length;
  const { at, target, counts } = readers(data, place);
  const [low, high] = rangeOf(Array.from({ length }, (_, time) => target(time, example)));
  const x = (time) => frame.left + (time / Math.max(1, length - 1)) * frame.width;
  const y = (value) => frame.top + frame.height * (1 - Math.max(-0.05, Math.min(1.05, (value - low) / (high - low))));
  box(context, frame, theme);
  for (const value of linearTicks(low, high, 3)) words(context, frame, theme, tick(value), frame.left - frame.rem * 0.35, y(value), "right", "middle");
  for (const time of linearTicks(0, length - 1, 5)) words(context, frame, theme, tick(time + 1), x(time), frame.top + frame.height + frame.rem * 0.3);
  const stroke = (read, colour, width) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (let time = 1; time < length; time += 1) {
      const known = counts(time) && counts(time - 1);
      context.globalAlpha = known ? 1 : 0.25;
      context.beginPath();
      context.moveTo(x(time - 1), y(read(time - 1)));
      context.lineTo(x(time), y(read(time)));
      context.stroke();
    }
    context.globalAlpha = 1;
  };
  stroke((time) => target(time, example), faded(chrome(theme).muted, 0.55), 4);
  stroke((time) => at(time, example), variantStyle(index, theme).colour, 1.75);
}

function paintScatter(context, size, data, place) {
  const { theme, index, run } = data;
  const frame = frameOf(size);
  const { at, target, shown } = readers(data, place);
  const colours = chrome(theme);
  const [low, high] = rangeOf(Array.from({ length: shown }, (_, example) => target(0, example)));
  const share = (value) => (value - low) / (high - low);
  const x = (value) => frame.left + share(value) * frame.width;
  const y = (value) => frame.top + frame.height * (1 - share(value));
  box(context, frame, theme);
  for (const value of linearTicks(low, high, 4)) words(context, frame, theme, tick(value), frame.left - frame.rem * 0.35, y(value), "right", "middle");
  for (const value of linearTicks(low, high, 6)) words(context, frame, theme, tick(value), x(value), frame.top + frame.height + frame.rem * 0.3);
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  if (run.problem.tolerance) {
    const { tolerance } = run.problem;
    context.fillStyle = colours.grid;
    context.beginPath();
    for (const [at0, side0] of [[low, 1], [high, 1], [high, -1], [low, -1]]) context.lineTo(x(at0), y(at0 + side0 * tolerance));
    context.fill();
  }
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x(low), y(low));
  context.lineTo(x(high), y(high));
  context.stroke();
  context.setLineDash([]);
  context.restore();
  const style = variantStyle(index, theme);
  for (let example = 0; example < shown; example += 1) {
    const answer = at(0, example);
    const inside = answer >= low && answer <= high;
    const py = Math.max(frame.top, Math.min(frame.top + frame.height, y(answer)));
    if (!Number.isFinite(answer)) continue;
    context.globalAlpha = inside ? 1 : 0.45;
    drawMarker(context, style, x(target(0, example)), py, frame.rem * 0.24, colours.paper);
  }
  context.globalAlpha = 1;
}

/** A column per time step (or sequence), a row per class, darker where the probability is higher; what is right is framed. */
function paintClasses(context, size, data, place) {
  const { theme, index, example, run } = data;
  const frame = frameOf(size);
  const every = run.problem.readout === "every";
  const { at, target, shown, classes, counts } = readers(data, place);
  const order = every ? null : Array.from({ length: shown }, (_, sequence) => sequence).sort((a, b) => target(0, a) - target(0, b));
  const columns = order ? shown : run.problem.sequence_length;
  const [dx, dy] = [frame.width / columns, frame.height / classes];
  const { colour } = variantStyle(index, theme);
  const read = (column) => (order ? [0, order[column]] : [column, example]);
  box(context, frame, theme);
  for (let column = 0; column < columns; column += 1) {
    const [time, sequence] = read(column);
    const weight = counts(time) || order ? 1 : 0.35;
    for (let output = 0; output < classes; output += 1) {
      const probability = at(time, sequence, output);
      if (!(probability > 0.004)) continue;
      context.fillStyle = faded(colour, probability * weight);
      context.fillRect(frame.left + column * dx, frame.top + (classes - 1 - output) * dy, Math.max(dx - (dx > 4 ? 1 : 0), 0.5), dy - (dy > 4 ? 1 : 0));
    }
    if (weight < 1) continue;
    context.strokeStyle = chrome(theme).ink;
    context.lineWidth = 1;
    context.strokeRect(frame.left + column * dx + 0.5, frame.top + (classes - 1 - target(time, sequence)) * dy + 0.5, Math.max(dx - 2, 1), Math.max(dy - 2, 1));
  }
  const labels = run.problem.output_labels;
  const every2 = Math.ceil((frame.rem * 0.8) / dy);
  for (let output = 0; output < classes; output += every2) words(context, frame, theme, (labels[output] ?? String(output)).slice(0, 6), frame.left - frame.rem * 0.25, frame.top + (classes - 0.5 - output) * dy, "right", "middle");
  if (order) words(context, frame, theme, fitting(context, frame, [`${shown} held-out sequences, right answers framed`, `${shown} sequences, right ones framed`, "right ones framed"]), frame.left + frame.width / 2, frame.top + frame.height + frame.rem * 0.3);
  else for (const time of linearTicks(0, columns - 1, 5)) words(context, frame, theme, tick(time + 1), frame.left + (time + 0.5) * dx, frame.top + frame.height + frame.rem * 0.3);
}

// @ts-check
/** The Recurrent tab as a picture to take away: every variant's gradients through time, recurrent matrix and answers, the curves, the plane. */

import { placeAt } from "../../api/growing.js";
import { fixed, number, percent, tick } from "../../lib/format.js";
import { paintBands } from "../contour.js";
import { paintAxes } from "../frame.js";
import { paintGauge } from "../gauge.js";
import { paintHeat } from "../heat.js";
import { drawPath } from "../ink.js";
import { labChartsOf } from "../labCharts.js";
import { outputKind, paintAnswers } from "../outputs.js";
import { chrome, variantStyle } from "../palette.js";
import { boxOf, nameAxes, paintPaths, pathsOf, placeOf } from "../planeMap.js";
import { flatProjection } from "../projection.js";
import { CHARTS_HEIGHT, paintCharts } from "./charts.js";
import { decadeTicks, paintBroken, paintScale } from "./keys.js";
import { levelLines } from "./levels.js";
import { createVector } from "./vector.js";
import { EDGE, GAP, REM, WIDTH, headHeight, paintCard, paintHead, paintName, paintSheet, paintVerdict, verdictHeight, wrapped, write } from "./words.js";

const [NAME, PAD, TITLE] = [40, 12, 24];
const [HEAT, GAUGE, ANSWERS, PLANE] = [180, 116, 132, 280];
const STATES = { hidden: "h", cell: "c" };
const OUTPUTS = { line: "Prediction, target grey", scatter: "Prediction over target", classes: "Answers" };

/**
 * @param {{run: import("../../api/growing.js").Growing, decades: import("../heatScale.js").Decades, lens: string, range: [number, number], example: number,
 *   surface: any, count: number, words: string[], thresholds: (number | null)[], hide: string[], step: number}} shown
 * @param {import("./compare.js").Head} head @param {import("../palette.js").Theme} theme @param {number} ratio
 */
export function labPlate({ run, decades, lens, range, example, surface, count, words, thresholds, hide, step }, head, theme, ratio) {
  const variants = run.variants.slice(0, count);
  const width = (WIDTH - 2 * EDGE - GAP * (count - 1)) / count;
  const seen = (name) => !hide.includes(name);
  const verdicts = variants.map((variant) => verdictOf(variant, step, width - 2 * PAD));
  const tall = seen("outcomes") ? verdictHeight(Math.max(...verdicts.map(({ lines }) => lines.length))) : 0;
  const blocks = [["heat", HEAT], ["gauge", GAUGE], ["outputs", ANSWERS]].filter(([name]) => seen(String(name)));
  const panel = NAME + tall + blocks.reduce((sum, [, high]) => sum + TITLE + Number(high), 0) + 6;
  const charts = seen("curves") ? labChartsOf({ ...run, variants }, thresholds).filter(({ id }) => seen(`curve_${id}`) && (id !== "accuracy" || run.problem.accuracy_label)) : [];
  const top = headHeight(head);
  const curves = top + panel + GAP;
  const below = curves + (charts.length ? CHARTS_HEIGHT + GAP : 0);
  const plane = surface && seen("plane_picture") ? PLANE + 34 : 0;
  const height = Math.round(below + (plane ? plane + GAP : 0) - GAP + EDGE);
  const context = createVector(WIDTH, height);
  paintSheet(context, height, theme);
  paintHead(context, head, theme, seen("heat") ? paintKey(context, lens, decades, theme) : undefined);
  variants.forEach((variant, index) => {
    context.open({ x: EDGE + index * (width + GAP), y: top, name: `column-${index}`, title: variant.name });
    paintCard(context, 0, 0, width, panel, theme);
    paintName(context, { name: variant.name, rule: words[index], index }, PAD, NAME / 2, width - 2 * PAD, theme);
    if (tall) paintVerdict(context, verdicts[index], PAD, NAME, width - 2 * PAD, theme);
    let at = NAME + tall;
    const place = placeAt(variant.probes, step);
    const { problem, nSteps: last } = run;
    const painters = {
      heat: (size) => paintHeat(context, { track: variant.heat, key: /** @type {any} */ (lens), length: problem.sequence_length, last, decades, theme }, size, step, ratio),
      gauge: (size) => paintGauge(context, { probes: variant.probes, gamma: problem.gamma, last, range, index, theme }, size, step, place),
      outputs: (size) => paintAnswers(context, size, { run, probes: variant.probes, index, example, theme }, place),
    };
    const read = (name) => (place < 0 ? 0 : number(variant.probes.values[name].data[place]));
    const titles = {
      heat: `Gradient ‖∂L/∂${STATES[lens]}ₜ‖: time step ↑, update →`,
      gauge: `Recurrent matrix: σmax ${read("largest_singular_value")} (line), ρ ${read("spectral_radius")} (dashed)`,
      outputs: `${OUTPUTS[outputKind(run)]}${place < 0 ? "" : `, update ${variant.probes.steps[place]}`}`,
    };
    for (const [name, high] of blocks) {
      write(context, titles[name], PAD, at + 16, { size: 12, colour: chrome(theme).muted, room: width - 2 * PAD });
      context.open({ x: 2, y: at + TITLE, name: `${name}-${index}` });
      painters[name]({ width: width - 6, height: Number(high), rem: REM });
      context.close();
      at += TITLE + Number(high);
    }
    context.close();
  });
  if (charts.length) paintCharts(context, charts, curves, theme, step);
  if (plane) paintPlane(context, surface, below, plane, theme, ratio, step);
  return { svg: context.finished({ title: head.title, about: head.about }), width: WIDTH, height };
}

/** How a variant ended, or stands. */
function verdictOf({ outcome, ended, series, summary, steps }, step, room) {
  const at = Math.min(step, steps);
  const [loss, accuracy] = [series.loss?.[at], series.accuracy?.[at]];
  const batch = Number.isFinite(accuracy) ? `${number(loss, 2)} · ${fixed(100 * accuracy, 0)} % right` : `loss ${number(loss)}`;
  const headline = outcome?.headline ?? (ended ? "Stopped" : "Training");
  return { headline, status: outcome?.status ?? "", facts: [["batch", batch], ["clipped", percent(summary.clip_fraction)]], lines: wrapped(outcome?.sentence ?? "", room) };
}

function paintKey(context, lens, decades, theme) {
  const right = WIDTH - EDGE - 96;
  const broken = paintBroken(context, right, EDGE + 39, theme) + 22;
  return 96 + broken + paintScale(context, right - broken, EDGE + 39, `‖∂L/∂${STATES[lens]}ₜ‖`, decadeTicks(decades, tick), theme) + GAP;
}

/** The loss on the plane through the weights with every path's shadow, and what the plane leaves out. */
function paintPlane(context, surface, top, high, theme, ratio, step) {
  const { ink, muted } = chrome(theme);
  context.open({ x: EDGE, y: top, name: "plane", title: "Held-out loss on a plane through the weights" });
  paintCard(context, 0, 0, WIDTH - 2 * EDGE, high, theme);
  write(context, "Held-out loss on a plane through the weights", PAD, 22, { weight: 600, colour: ink });
  const size = { width: 480, height: high - 34, rem: REM };
  const box = boxOf(surface.window, size);
  const projection = flatProjection(surface.window, box);
  context.open({ y: 30 });
  paintBands(context, surface, box, theme, ratio);
  Object.assign(context, { strokeStyle: chrome(theme).contour, lineWidth: 1 });
  context.beginPath();
  for (const line of levelLines(surface, box)) line.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  paintAxes(context, surface.window, size, theme, box);
  nameAxes(context, surface.axisLabels, box, REM, theme);
  const paths = pathsOf(surface, projection, theme);
  context.globalAlpha = 0.35;
  for (const path of paths) drawPath(context, path, 0, path.steps);
  context.globalAlpha = 1;
  const places = surface.paths.map(({ steps }) => placeOf(steps, step));
  paintPaths(context, paths, places, REM, theme);
  context.close();
  const lines = wrapped(surface.plane.sentence ?? "", WIDTH - 2 * EDGE - 530);
  lines.forEach((line, row) => write(context, line, 512, 52 + 18 * row, { colour: ink }));
  surface.paths.forEach(({ name, distance, steps }, index) => {
    const y = 52 + 18 * lines.length + 16 + 22 * index;
    const taken = write(context, name, 512, y, { weight: 600, colour: variantStyle(index, theme).colour });
    write(context, `${number(distance[places[index]])} off the plane at update ${steps[places[index]]}`, 522 + taken, y, { colour: muted });
  });
  context.close();
}

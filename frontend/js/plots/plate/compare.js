// @ts-check
/** The Compare tab as a picture to take away: all panels side by side, how each ended, and the curves below. */

import { FONT } from "../../lib/canvas.js";
import { number, percent } from "../../lib/format.js";
import { chartsOf } from "../chartData.js";
import { paintBands } from "../contour.js";
import { paintAxes, plotBox } from "../frame.js";
import { drawPath } from "../ink.js";
import { drawArrow, drawMinimum, drawStart, minimaIn } from "../marks.js";
import { chrome } from "../palette.js";
import { flatProjection } from "../projection.js";
import { drawMinima, paintMoment, pathOf } from "../stage.js";
import { CHARTS_HEIGHT, paintCharts } from "./charts.js";
import { levelLines } from "./levels.js";
import { createVector } from "./vector.js";
import { EDGE, GAP, REM, WIDTH, headHeight, paintCard, paintHead, paintName, paintSheet, paintVerdict, verdictHeight, wrapped, write } from "./words.js";

const [NAME, PAD] = [40, 12];
/** Heights of the maps, by how many stand side by side. */
const HIGHEST = [0, 460, 400, 324, 324];
const LOWEST = 240;

/**
 * @typedef {{title: string, facts: string, note?: string, moment: string, about: string}} Head
 * @typedef {{scenes: import("../stage.js").Scene[], rules: {threshold: number | null}[], words: string[], hide: string[], result: import("../../api/results.js").Result, clock: any}} Comparison
 * @param {Comparison} shown `words`: the rule of each variant, where its name does not say it
 * @param {Head} head @param {import("../palette.js").Theme} theme @param {number} ratio pixels of the colour field per pixel
 * @returns {{svg: string, width: number, height: number}}
 */
export function comparePlate({ scenes, rules, words, result, clock, hide }, head, theme, ratio) {
  const count = scenes.length;
  const width = (WIDTH - 2 * EDGE - GAP * (count - 1)) / count;
  const { surface } = scenes[0];
  const [[x0, x1], [y0, y1]] = surface.window;
  const high = Math.max(LOWEST, Math.min(HIGHEST[count], (width - 50) * ((y1 - y0) / (x1 - x0)) + 32));
  const size = { width, height: Math.round(high), rem: REM };
  const told = !hide.includes("outcomes");
  const sentences = scenes.map(({ run }) => wrapped(run.outcome.sentence, width - 2 * PAD));
  const panel = NAME + size.height + 10 + (told ? verdictHeight(Math.max(...sentences.map(({ length }) => length))) : 0);
  const charts = hide.includes("curves") ? [] : chartsOf({ ...result, variants: result.variants.slice(0, count) }, rules.map(({ threshold }) => threshold)).filter(({ id }) => !hide.includes(`curve_${id}`));
  const top = headHeight(head);
  const curves = top + panel + GAP;
  const height = Math.round(curves + (charts.length ? CHARTS_HEIGHT : -GAP) + EDGE);
  const context = createVector(WIDTH, height);
  paintSheet(context, height, theme);
  paintHead(context, head, theme, paintKey(context, EDGE + 39, theme, minimaIn(surface).length > 0));
  const box = plotBox(size, surface.window);
  const levels = levelLines(surface, box);
  scenes.forEach((scene, index) => {
    const { run } = scene;
    context.open({ x: EDGE + index * (width + GAP), y: top, name: `panel-${index}`, title: told ? `${run.name}. ${run.outcome.sentence}` : run.name });
    paintCard(context, 0, 0, width, panel, theme);
    paintName(context, { name: run.name, rule: words[index], index }, PAD, NAME / 2, width - 2 * PAD, theme);
    context.open({ y: NAME });
    paintMap(context, { ...scene, theme }, size, box, levels, ratio, clock);
    context.close();
    const turned = run.summary.max_angle === null ? "–" : `${number(Math.round(run.summary.max_angle * 100) / 100, 2)}°`;
    const facts = [["loss", number(run.summary.final_loss)], ["clipped", percent(run.summary.clip_fraction)], ["turned", turned]];
    const verdict = { headline: run.outcome.headline ?? run.outcome.status, status: run.outcome.status, facts, lines: sentences[index] };
    if (told) paintVerdict(context, verdict, PAD, NAME + size.height + 10, width - 2 * PAD, theme);
    context.close();
  });
  if (charts.length) paintCharts(context, charts, curves, theme, clock.step);
  return { svg: context.finished({ title: head.title, about: head.about }), width: WIDTH, height };
}

function paintMap(context, scene, size, box, levels, ratio, clock) {
  const { surface, theme } = scene;
  const colours = chrome(theme);
  const projection = flatProjection(surface.window, box);
  paintBands(context, surface, box, theme, ratio);
  Object.assign(context, { strokeStyle: colours.contour, lineWidth: 1 });
  context.beginPath();
  for (const line of levels) line.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  paintAxes(context, surface.window, size, theme, box);
  nameAxes(context, surface.axisLabels, box, colours);
  drawMinima(context, projection, scene, REM);
  const path = pathOf(scene, projection);
  drawPath(context, path, 0, clock.step);
  paintMoment(context, { scene, projection, path, size }, { ...clock, playing: false });
}

function nameAxes(context, [x = "", y = ""], { left, top, width, height }, { ink }) {
  Object.assign(context, { font: `italic 12px ${FONT}`, fillStyle: ink, textBaseline: "alphabetic", textAlign: "right" });
  context.fillText(x, left + width - 6, top + height - 6);
  context.textAlign = "left";
  context.fillText(y, left + 6, top + 15);
}

/** What arrows and signs mean, the minimum only where it is `marked`, at the right; returns how much room that takes. */
function paintKey(context, y, theme, marked) {
  const colours = chrome(theme);
  const samples = /** @type {[string, (x: number) => void][]} */ ([
    ["minimum", (x) => drawMinimum(context, x + 17, y, 5, colours.minimum, colours.halo)],
    ["start", (x) => drawStart(context, x + 17, y, 5, colours.ink, colours.halo)],
    ["clipped step", (x) => drawArrow(context, x, y, x + 26, y, { colour: colours.muted, width: 2.25, head: 9 })],
    ["raw step", (x) => drawArrow(context, x, y, x + 26, y, { colour: colours.muted, width: 1.25, dash: [4, 3], head: 6 })],
  ]);
  let at = WIDTH - EDGE - 96;
  for (const [words, draw] of marked ? samples : samples.slice(1)) {
    at -= write(context, words, at, y + 4, { size: 12, colour: colours.muted, align: "right" }) + 32;
    draw(at);
    at -= 16;
  }
  return WIDTH - EDGE - at;
}

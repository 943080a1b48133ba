// @ts-check
/** The Map tab as a picture to take away: one map per rule, what colours, patterns and curves mean, how many settings end how. */

import { ideasOf } from "../../api/sweeps.js";
import { boxOf, paintCellAxes } from "../cellAxes.js";
import { cellsImage, paintIdeas } from "../cellMap.js";
import { paintCross } from "../cellMarks.js";
import { brief, countsOf, nameOf, summaryOf } from "../mapWords.js";
import { scaleOf } from "../measures.js";
import { chrome } from "../palette.js";
import { paintInk, paintInks, paintScale, roomOf } from "./keys.js";
import { createVector } from "./vector.js";
import { EDGE, GAP, REM, WIDTH, headHeight, paintCard, paintHead, paintName, paintSheet, wrapped, write } from "./words.js";

const [NAME, PAD, ROW] = [40, 12, 22];
/** Heights of the maps, by how many stand side by side. */
const HIGH = [0, 520, 460, 400, 330];
const SPECIAL = { diverged: "diverged", broken: "not finite", never: "does not converge" };

/**
 * @param {{sweep: import("../../api/sweeps.js").Sweep, measure: import("../../state/map.js").Measure, currents: any[], count: number, words: string[], hide: string[]}} shown
 * @param {import("./compare.js").Head} head @param {import("../palette.js").Theme} theme @param {number} ratio
 */
export function mapPlate({ sweep, measure, currents, count, words, hide }, head, theme, ratio) {
  const { ink, muted } = chrome(theme);
  const width = (WIDTH - 2 * EDGE - GAP * (count - 1)) / count;
  const size = { width: width - 4, height: HIGH[count], rem: REM };
  const scale = scaleOf(sweep, measure);
  const counts = sweep.variants.map((_, variant) => countsOf(sweep, variant));
  const told = !hide.includes("outcomes");
  const sentences = counts.map((_, variant) => (told && variant < count ? wrapped(summaryOf(sweep, variant, counts), width - 2 * PAD) : []));
  const occurring = told ? Object.keys(counts[0]).filter((outcome) => counts.some((one) => one[outcome] > 0)) : [];
  const panel = NAME + size.height + 12 + ROW * occurring.length + 18 * Math.max(...sentences.map(({ length }) => length)) + 10;
  const ideas = ideasOf(sweep);
  const top = headHeight(head);
  const foot = top + panel + GAP;
  const legend = ideas.map(({ letter, label, text }) => {
    const taken = roomOf(`${letter}  ${label}`, 12) * 1.08 + 14;
    return { name: `${letter}  ${label}`, taken, lines: wrapped(text, WIDTH - 2 * EDGE - taken, 12) };
  });
  const rows = legend.reduce((sum, { lines }) => sum + lines.length, 0);
  const height = Math.round(foot + 18 + 17 * rows + 6 * legend.length + EDGE - 8);
  const context = createVector(WIDTH, height);
  paintSheet(context, height, theme);
  paintHead(context, head, theme, paintKey(context, sweep, scale, theme));
  sweep.variants.slice(0, count).forEach(({ name }, variant) => {
    const data = { sweep, variant, measure, scale, theme, counts };
    context.open({ x: EDGE + variant * (width + GAP), y: top, name: `map-${variant}`, title: `${name}. ${summaryOf(sweep, variant, counts)}` });
    paintCard(context, 0, 0, width, panel, theme);
    paintName(context, { name, rule: words[variant] ?? "", index: variant }, PAD, NAME / 2, width - 2 * PAD, theme);
    context.open({ y: NAME });
    const box = boxOf(size);
    paintField(context, data, box, ratio);
    paintCellAxes(context, sweep, box, size, theme);
    paintIdeas(context, data, box, REM);
    paintCross(context, sweep, currents[variant] ?? { x: null, y: null }, box, REM, theme);
    context.close();
    let at = NAME + size.height + 12;
    for (const outcome of occurring) {
      paintInk(context, PAD, at, outcome, theme);
      write(context, nameOf(sweep, outcome), PAD + 34, at + 11.5, { colour: ink });
      write(context, brief(counts[variant][outcome] / (sweep.known || 1)), width - PAD, at + 11.5, { weight: 600, colour: ink, align: "right" });
      at += ROW;
    }
    sentences[variant].forEach((line, row) => write(context, line, PAD, at + 14 + 18 * row, { colour: ink }));
    context.close();
  });
  write(context, "Cross: the present setting.", EDGE, foot + 12, { size: 12, colour: muted });
  let at = foot + 35;
  for (const { name, taken, lines } of legend) {
    write(context, name, EDGE, at, { size: 12, weight: 600, colour: ink });
    lines.forEach((line, row) => write(context, line, EDGE + taken, at + 17 * row, { size: 12, colour: muted }));
    at += 17 * lines.length + 6;
  }
  return { svg: context.finished({ title: head.title, about: head.about }), width: WIDTH, height };
}

function paintField(context, data, { left, top, width, height }, ratio) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.getContext("2d")?.putImageData(cellsImage(data, canvas.width, canvas.height, ratio), 0, 0);
  context.drawImage(canvas, left, top, width, height);
}

function paintKey(context, sweep, scale, theme) {
  const right = WIDTH - EDGE - 96;
  const y = EDGE + 39;
  if (scale.kind === "outcome") return 96 + paintInks(context, right, y, scale.special.map((outcome) => ({ ink: outcome, words: nameOf(sweep, outcome) })), theme);
  const special = paintInks(context, right, y, scale.special.map((name) => ({ ink: name, words: SPECIAL[name] })), theme);
  return 96 + special + 8 + paintScale(context, right - special - 8, y, scale.title, scale.ticks, theme) + GAP;
}

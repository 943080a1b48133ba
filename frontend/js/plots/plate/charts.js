// @ts-check
/** Curves of a picture to take away: cards in a row, each with its title and what its dashes mean. */

import { paintChart } from "../curves.js";
import { chrome } from "../palette.js";
import { EDGE, GAP, REM, WIDTH, paintCard, write } from "./words.js";

const [HEAD, PLOT] = [34, 176];
export const CHARTS_HEIGHT = HEAD + PLOT;

/** @param {any} context @param {import("../chartData.js").ChartData[]} charts @param {number} top @param {import("../palette.js").Theme} theme @param {number} position */
export function paintCharts(context, charts, top, theme, position) {
  const width = (WIDTH - 2 * EDGE - GAP * (charts.length - 1)) / charts.length;
  charts.forEach((chart, place) => {
    context.open({ x: EDGE + place * (width + GAP), y: top, name: `curve-${chart.id}`, title: chart.title });
    paintCard(context, 0, 0, width, CHARTS_HEIGHT, theme);
    const taken = write(context, chart.title, 12, 22, { weight: 600, colour: chrome(theme).ink });
    paintSamples(context, chart, 12 + taken + 12, 18, theme);
    context.open({ y: HEAD });
    paintChart(context, chart, { width, height: PLOT, rem: REM }, theme, position);
    context.close();
    context.close();
  });
}

const DASHES = { "sample-dash": [4, 3], "sample-solid": [], "sample-thin": [], "sample-dot": [] };

function paintSamples(context, { id, scale, extra }, x, y, theme) {
  const { muted } = chrome(theme);
  const samples = extra ?? (id === "norm" ? [["sample-dash", "before"], ["sample-solid", "after"]] : scale === "log" ? "logarithmic" : "");
  if (typeof samples === "string") {
    if (samples) write(context, samples, x, y + 4, { size: 12, colour: muted });
    return;
  }
  let at = x;
  for (const [name, words] of samples) {
    Object.assign(context, { strokeStyle: muted, fillStyle: muted, lineWidth: name === "sample-thin" || name === "sample-dash" ? 1 : 2 });
    context.setLineDash(DASHES[name] ?? []);
    context.beginPath();
    context.moveTo(at, y);
    context.lineTo(at + 22, y);
    context.stroke();
    context.setLineDash([]);
    if (name === "sample-dot") context.fillRect(at + 8.5, y - 2.5, 5, 5);
    at += 28 + write(context, words, at + 27, y + 4, { size: 12, colour: muted }) + 12;
  }
}

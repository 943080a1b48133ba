// @ts-check
/** A training in one file: what the Recurrent tab shows of a run that has ended, from the numbers in the file. */

import { createWriter, growingFrom } from "./api/growing.js";
import { fill } from "./lib/dom.js";
import { number } from "./lib/format.js";
import { labTable } from "./labTables.js";
import { gaugeRange } from "./plots/gauge.js";
import { createHeatScale } from "./plots/heatScale.js";
import { labChartsOf } from "./plots/labCharts.js";
import { exampleCount } from "./plots/outputs.js";
import { rulesOf } from "./rules.js";
import { MAX_SHOWN } from "./state/scenario.js";
import { createCharts } from "./views/charts.js";
import { createLabBar } from "./views/labBar.js";
import { createLabColumn } from "./views/labColumn.js";

const CHARTS = ["loss", "accuracy", "norm", "ratio"];
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {any} sent head and variants of the run @param {any} catalog @param {{onSeek: (step: number) => void, openTable: (table: any) => void, onMore: () => void}} actions
 * @returns {{last: number, update: (theme: import("./plots/palette.js").Theme) => void, measure: () => void, tick: (clock: any) => void}}
 */
export function createTraining(sent, catalog, { onSeek, openTable, onMore }) {
  const run = growingFrom(sent);
  const writer = createWriter(run);
  writer.chunk({ variants: sent.variants, last_step: sent.n_steps });
  writer.end(sent);
  const shown = run.variants.slice(0, MAX_SHOWN);
  const rules = rulesOf(catalog, /** @type {any} */ (run));
  const words = rules.map(({ entry, threshold }, index) => [entry && entry.label !== run.variants[index].name ? entry.label : "", threshold === null ? "" : `threshold ${number(threshold)}`].filter(Boolean).join(" · "));
  let lens = /** @type {"hidden" | "cell"} */ ("hidden");
  let example = 0;
  let theme = /** @type {import("./plots/palette.js").Theme} */ ("light");
  const open = (which) => openTable(labTable(run, which));
  const decadesOf = (key) => {
    const scale = createHeatScale();
    for (const { heat } of run.variants) if (heat.values[key]) scale.include(heat.values[key].data, 0, heat.count * heat.values[key].width);
    return scale.decades();
  };
  const bar = createLabBar(place("lab-bar"), { onCancel: () => {}, onAgain: () => {}, onLive: () => {}, onLens: (which) => {
    lens = /** @type {"hidden" | "cell"} */ (which);
    draw();
  } });
  const columns = shown.map((_, index) => createLabColumn(index, { onSeek, onTable: open, onExample: () => {
    example = (example + 1) % exampleCount(run);
    draw();
  } }));
  fill(place("lab-columns"), columns.map(({ element }) => element));
  place("lab-columns").dataset.count = String(shown.length);
  const charts = createCharts(place("lab-charts"), { onSeek, onTable: open }, CHARTS, (session) => session.curves);
  const accuracy = /** @type {HTMLElement} */ (place("lab-charts").querySelector("[data-chart=accuracy]"));
  accuracy.hidden = !run.problem.accuracy_label;
  place("lab-charts").dataset.count = accuracy.hidden ? "3" : "4";

  const draw = () => {
    const decades = decadesOf(lens);
    const range = gaugeRange(run);
    const { problem, nSteps: last } = run;
    shown.forEach((variant, index) => columns[index].update({
      variant, run, status: "complete", theme, example, words: words[index],
      heat: { track: variant.heat, key: lens, length: problem.sequence_length, last, decades, theme },
      gauge: { probes: variant.probes, gamma: problem.gamma, last, range, index, theme },
    }));
    const curves = { parts: [run, theme], runs: shown, charts: () => labChartsOf({ ...run, variants: shown }, rules.map(({ threshold }) => threshold)) };
    charts.update(/** @type {any} */ ({ session: { theme, curves } }));
    bar.update({ run, catalog });
    bar.setScale(decades, theme, lens);
    onMore();
  };

  return {
    last: run.nSteps,
    update(next) {
      theme = next;
      draw();
    },
    measure() {
      for (const column of columns) column.measure();
      charts.measure();
    },
    tick(clock) {
      for (const column of columns) column.tick(clock);
      charts.tick(clock);
    },
  };
}

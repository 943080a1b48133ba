// @ts-check
/** The views of the Recurrent tab and where they stand. */

import { createHeatScale } from "./plots/heatScale.js";
import { exampleCount } from "./plots/outputs.js";
import { gaugeRange } from "./plots/gauge.js";
import { createChores } from "./lib/chores.js";
import { fill, h, show } from "./lib/dom.js";
import { number } from "./lib/format.js";
import { labChartsOf } from "./plots/labCharts.js";
import { rulesOf } from "./rules.js";
import { MAX_SHOWN, entryOf } from "./state/scenario.js";
import { createCharts } from "./views/charts.js";
import { createLabBar } from "./views/labBar.js";
import { createLabNotice } from "./views/labNotice.js";
import { createLabColumn } from "./views/labColumn.js";
import { createLabPlane } from "./views/labPlane.js";
import { createNetwork } from "./views/network.js";

const CHARTS = ["loss", "accuracy", "norm", "ratio"];

/** @param {HTMLElement} root @param {any} actions */
export function createLabPage(root, actions) {
  const [barRoot, columnsRoot, chartsRoot, planeRoot] = ["toolbar lab-bar", "panels lab-columns", "charts lab-charts", "chart lab-plane"].map((name) => h("div", { class: name }));
  planeRoot.dataset.control = "plane_picture";
  const notice = createLabNotice(document, actions.onSettings);
  fill(root, barRoot, notice.element, columnsRoot, chartsRoot, planeRoot);
  const bar = createLabBar(barRoot, actions);
  const charts = createCharts(chartsRoot, { onSeek: actions.onSeek, onTable: actions.onTable }, CHARTS, (session) => session.curves);
  const columns = /** @type {any[]} */ ([]);
  let plane = /** @type {any} */ (null);
  let state = /** @type {any} */ (null);
  let run = /** @type {import("./api/growing.js").Growing | null} */ (null);
  let status = "waiting";
  let refusal = /** @type {any} */ (null);
  let answer = /** @type {any} */ (null);
  let lens = "hidden";
  let example = 0;
  const chores = createChores(actions.onMore);
  const seen = watchVisible([chartsRoot, planeRoot], () => draw());
  /** What the scales have counted, per state. */
  let scales = /** @type {Record<string, {scale: ReturnType<typeof createHeatScale>, seen: number[]}>} */ ({});

  const begin = (next) => {
    run = next;
    scales = {};
    example = 0;
    answer = null;
    plane?.update(null, state.session.theme);
  };

  const decadesOf = (key) => {
    scales[key] ??= { scale: createHeatScale(), seen: [] };
    const { scale, seen } = scales[key];
    run?.variants.forEach(({ heat }, index) => {
      const values = heat.values[key];
      if (!values) return;
      scale.include(values.data, seen[index] ?? 0, heat.count * values.width);
      seen[index] = heat.count * values.width;
    });
    return scale.decades();
  };

  /** Bring every picture up to what has come. */
  const draw = () => {
    if (!run || !state) return;
    const { session } = state;
    const { theme, catalog } = session;
    const rules = rulesOf(catalog, /** @type {any} */ (run));
    const shown = run.variants.slice(0, MAX_SHOWN);
    if (!run.variants.some(({ heat }) => heat.values.cell)) lens = "hidden";
    const decades = decadesOf(lens);
    const range = gaugeRange(run);
    showColumns(shown.length);
    shown.forEach((variant, index) => {
      const { problem, nSteps: last } = /** @type {import("./api/growing.js").Growing} */ (run);
      chores.add(`column ${index}`, () => columns[index].update({
        variant, run, status, theme, example, words: wordsOf(rules[index], variant.name),
        heat: { track: variant.heat, key: lens, length: problem.sequence_length, last, decades, theme },
        gauge: { probes: variant.probes, gamma: problem.gamma, last, range, index, theme },
      }));
    });
    const drawn = run;
    const accuracy = /** @type {HTMLElement} */ (chartsRoot.querySelector("[data-chart=accuracy]"));
    show(accuracy, Boolean(run.problem.accuracy_label));
    chartsRoot.dataset.count = accuracy.hidden ? "3" : "4";
    const curves = { parts: [run, run.version, theme], runs: shown, charts: () => labChartsOf({ ...drawn, variants: shown }, rules.map((rule) => rule.threshold)) };
    if (seen.has(chartsRoot)) chores.add("charts", () => charts.update(/** @type {any} */ ({ session: { ...session, curves } })));
    bar.update({ run, catalog });
    bar.setScale(decades, theme, lens);
    progress();
  };

  const progress = () => {
    bar.setProgress({ status, done: run?.done ?? 0, total: run?.nSteps ?? 0, remaining: run?.remaining ?? null, behind: !following });
  };
  let following = true;

  const refuse = (next) => {
    refusal = next;
    const empty = Boolean(refusal) && !run;
    root.classList.toggle("is-empty", empty);
    notice.update({ refusal, empty });
  };

  const showColumns = (count) => {
    const listeners = { onSeek: actions.onSeek, onTable: actions.onTable, onExample: () => { example = run ? (example + 1) % exampleCount(run) : 0; draw(); } };
    while (columns.length < count) columns.push(createLabColumn(columns.length, listeners));
    if (columnsRoot.children.length !== count) {
      fill(columnsRoot, columns.slice(0, count).map((column) => column.element));
      columnsRoot.dataset.count = String(count);
      measure();
    }
  };

  const measure = () => {
    if (root.clientWidth === 0) return;
    bar.measure();
    columns.forEach((column) => column.element.isConnected && column.measure());
    charts.measure();
    plane?.measure();
  };

  const prepare = (next) => {
    const { catalog } = next.session;
    actions.addNetwork(createNetwork, next);
    if (!plane && catalog) plane = createLabPlane(planeRoot, { catalog, ...actions });
  };

  return {
    measure,
    /** More of the run has come, or another run. @param {import("./api/growing.js").Growing} next */
    grow(next) {
      if (next !== run) begin(next);
      draw();
    },
    /** @param {string} next */
    setStatus(next) {
      status = next;
      if (next !== "refused") refuse(null);
      plane?.setStatus(next);
      if (next === "cancelled") draw();
      else progress();
    },
    setRefusal: (next) => refuse(next),
    /** @param {any} next */
    setPlane(next) {
      answer = next;
      plane.update(next, state.session.theme);
      measure();
    },
    /** @param {string} which */
    setLens(which) {
      lens = which;
      draw();
    },
    update(next) {
      const before = state;
      state = next;
      prepare(next);
      plane?.choose(next.document.view.plane ?? null);
      if (before && before.session.theme === next.session.theme) return;
      draw();
      if (answer) plane?.update(answer, next.session.theme);
      measure();
    },
    tick(clock) {
      chores.run();
      if (following !== clock.following) {
        ({ following } = clock);
        progress();
      }
      for (const column of columns) if (column.element.isConnected) column.tick(clock);
      if (seen.has(chartsRoot)) charts.tick(clock);
      if (seen.has(planeRoot)) plane?.tick(clock);
    },
    run: () => run,
    /** What is on screen, for those who take a picture of it away. */
    shown: () => run && { run, status, lens, decades: decadesOf(lens), range: gaugeRange(run), example, surface: answer?.surface ?? null },
  };
}

/** Which of some elements are on the screen. @param {HTMLElement[]} elements @param {() => void} onChange @returns {Set<Element>} */
function watchVisible(elements, onChange) {
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target);
    onChange();
  });
  for (const element of elements) observer.observe(element);
  return seen;
}

/** The rule and its threshold, where the name does not say it. */
function wordsOf({ entry, threshold }, name) {
  const rule = entry && entry.label !== name ? entry.label : "";
  return [rule, threshold === null ? "" : `threshold ${number(threshold)}`].filter(Boolean).join(" · ");
}

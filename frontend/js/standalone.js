// @ts-check
/**
 * A run in one file that needs no server: panels, curves and player of the page, and the numbers that stand in the file. The server bundles this
 * module and all that it imports into the file (exports/bundle.py), so nothing here may be fetched later.
 */

import { decodeRun, decodeSurface } from "./api/results.js";
import { listenToKeys } from "./keyboard.js";
import { fill, h } from "./lib/dom.js";
import { number, sentence } from "./lib/format.js";
import { prefersDark, reducedMotion, themeFor } from "./lib/media.js";
import { createPlayback } from "./playback.js";
import { quietCorner } from "./plots/corner.js";
import { rulesOf } from "./rules.js";
import { MAX_SHOWN, entryOf } from "./state/scenario.js";
import { createTraining } from "./standaloneLab.js";
import { chartTable, variantTable } from "./tables.js";
import { createCaption } from "./views/caption.js";
import { createCharts } from "./views/charts.js";
import { createPanel } from "./views/panel.js";
import { createPlayer } from "./views/player.js";
import { createTable } from "./views/table.js";
import { createToolbar } from "./views/toolbar.js";

const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} sent what the server wrote into the file */
function show(sent) {
  const { document: scenario, catalog, link, facts } = sent;
  const trains = Boolean(sent.training);
  let view = { ...scenario.view, tab: trains ? "recurrent" : "compare", surface: "contour", slow: false };
  const playback = createPlayback({
    onFrame: (clock) => {
      player.tick(clock);
      shown.tick(clock);
    },
    onRest: () => {}, onPlay: () => {}, onSlow: () => {},
  });
  const { clock } = playback;
  const table = createTable();
  const player = createPlayer(place("player"), {
    onPlay: playback.toggle, onStep: playback.stepBy, onSeek: playback.seek, onSlow: () => {}, onControls: () => {},
    onSpeed: (speed) => {
      view = { ...view, speed };
      clock.setSpeed(speed);
    },
  });
  const caption = createCaption(place("caption"));
  const actions = { onSeek: playback.seek, openTable: (numbers) => table.open(numbers), onMore: playback.wake };
  const shown = trains ? createTraining(sent.training, catalog, actions) : createComparison(sent, actions);
  Object.assign(document.body.dataset, { tab: view.tab, problem: trains ? "network" : "landscape" });
  const settings = [...settingsOf(scenario.experiment, catalog), ["Link", link]];
  fill(place("origin"), h("details", {}, h("summary", {}, facts), h("dl", {}, settings.map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words))))),
    /^https?:/.test(link) && h("a", { href: link, target: "_blank", rel: "noopener" }, "Open in Clipscape"));
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-control]"))) {
    element.classList.toggle("hidden-by-link", view.hide.includes(element.dataset.control));
  }

  const measure = () => {
    shown.measure();
    playback.wake();
  };
  const update = () => {
    const theme = themeFor(view.theme);
    document.documentElement.dataset.theme = theme;
    const state = { document: { ...scenario, view }, session: { theme } };
    for (const part of [caption, player]) part.update(/** @type {any} */ (state));
    shown.update(theme);
    measure();
  };

  clock.setLast(shown.last);
  clock.setSpeed(view.speed);
  update();
  new ResizeObserver(measure).observe(place("stage"));
  prefersDark.addEventListener("change", update);
  listenToKeys({
    play: playback.toggle, back: () => playback.stepBy(-1), forward: () => playback.stepBy(1), back10: () => playback.stepBy(-1, 10), forward10: () => playback.stepBy(1, 10),
    first: () => playback.seek(0), last: () => playback.seek(Infinity), undo: () => {}, redo: () => {}, help: () => {}, slow: () => {}, view: () => {}, close: () => {},
  });
  if (view.step > 0 || view.paused) playback.seek(view.step);
  else if (reducedMotion.matches) playback.seek(Infinity);
  else playback.restart();
}

/** What the Compare tab shows. @param {any} sent @param {{onSeek: (step: number) => void, openTable: (table: any) => void}} actions */
function createComparison({ document: scenario, run, surface: grid, catalog }, { onSeek, openTable }) {
  const [result, surface] = [decodeRun(run), decodeSurface(grid)];
  const rules = rulesOf(catalog, result);
  const count = Math.min(MAX_SHOWN, result.variants.length);
  const runs = result.variants.slice(0, count);
  const corner = quietCorner(runs, surface.window, surface.minimizers);
  let session = { catalog, result, surface, rules, shown: count, theme: /** @type {"light" | "dark"} */ ("light") };
  const open = (which) => openTable(typeof which === "number" ? variantTable(session, which) : chartTable(session, which));
  const charts = createCharts(place("charts"), { onSeek, onTable: open });
  const toolbar = createToolbar(place("toolbar"), { onSurface: () => {} });
  const panels = runs.map((_, index) => createPanel(index, { onStart: () => {}, onTable: open }));
  fill(place("panels"), panels.map(({ element }) => element));
  place("panels").dataset.count = String(count);
  return {
    last: result.experiment.n_steps,
    /** @param {"light" | "dark"} theme */
    update(theme) {
      session = { ...session, theme };
      const state = { document: { ...scenario, view: { ...scenario.view, surface: "contour" } }, session };
      for (const part of [toolbar, charts]) part.update(/** @type {any} */ (state));
      panels.forEach((panel, index) => {
        const scene = { surface, run: runs[index], experiment: result.experiment, index, theme, rule: rules[index], corner };
        panel.update({ scene, entry: rules[index].entry, threshold: rules[index].threshold, mode: "contour" });
      });
    },
    measure() {
      for (const panel of panels) panel.measure();
      charts.measure();
    },
    tick(clock) {
      charts.tick(clock);
      for (const panel of panels) panel.stage.draw(clock);
    },
  };
}

/** Every choice of the experiment with its numbers: [what, words]. @returns {string[][]} */
function settingsOf(experiment, catalog) {
  const words = (family, { kind, params }) => {
    const entry = entryOf(catalog, family, kind);
    const numbers = entry.parameters.map(({ name, label }) => `${label.toLowerCase()} ${typeof params[name] === "number" ? number(params[name], 6) : params[name]}`);
    return [entry.label, ...numbers].join(", ");
  };
  const shared = ["problem", ...(experiment.task ? ["task", "init"] : []), "optimizer", "schedule", "noise", "weight_decay"].map((family) => [sentence(family.replace("_", " ")).replace("Problem", "Landscape"), words(family, experiment[family])]).map(([name, text]) => [name === "Init" ? "First weights" : experiment.task ? name.replace("Landscape", "Network") : name, text]);
  const variants = experiment.variants.map(({ name, clip }) => [name, `${words("clip", clip)}${clip.position === "after" ? ", after the optimizer" : ""}`]);
  const start = experiment.start ? [["Start", experiment.start.map((value) => number(value, 6)).join(", ")]] : [];
  return [...shared, ...start, [experiment.task ? "Updates" : "Steps", String(experiment.n_steps)], ["Seed", String(experiment.seed)], ...variants];
}

const sent = document.getElementById("run");
if (sent) show(JSON.parse(sent.textContent ?? ""));

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
import { chartTable, variantTable } from "./tables.js";
import { createCaption } from "./views/caption.js";
import { createCharts } from "./views/charts.js";
import { createPanel } from "./views/panel.js";
import { createPlayer } from "./views/player.js";
import { createTable } from "./views/table.js";
import { createToolbar } from "./views/toolbar.js";

const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} sent what the server wrote into the file */
function show({ document: scenario, run, surface: grid, catalog, link, facts }) {
  const [result, surface] = [decodeRun(run), decodeSurface(grid)];
  const rules = rulesOf(catalog, result);
  const shown = Math.min(MAX_SHOWN, result.variants.length);
  const runs = result.variants.slice(0, shown);
  const corner = quietCorner(runs, surface.window, surface.minimizers);
  let view = { ...scenario.view, tab: "compare", surface: "contour", slow: false };

  const playback = createPlayback({
    onFrame: (clock) => {
      player.tick(clock);
      charts.tick(clock);
      for (const panel of panels) panel.stage.draw(clock);
    },
    onRest: () => {}, onPlay: () => {}, onSlow: () => {},
  });
  const { clock } = playback;
  const session = () => ({ catalog, result, surface, rules, shown, theme: themeFor(view.theme) });
  const table = createTable();
  const openTable = (which) => table.open(typeof which === "number" ? variantTable(session(), which) : chartTable(session(), which));
  const player = createPlayer(place("player"), {
    onPlay: playback.toggle, onStep: playback.stepBy, onSeek: playback.seek, onSlow: () => {}, onControls: () => {},
    onSpeed: (speed) => {
      view = { ...view, speed };
      clock.setSpeed(speed);
    },
  });
  const charts = createCharts(place("charts"), { onSeek: playback.seek, onTable: openTable });
  const toolbar = createToolbar(place("toolbar"), { onSurface: () => {} });
  const caption = createCaption(place("caption"));
  const panels = runs.map((_, index) => createPanel(index, { onStart: () => {}, onTable: openTable }));
  fill(place("panels"), panels.map(({ element }) => element));
  place("panels").dataset.count = String(shown);
  Object.assign(document.body.dataset, { tab: "compare", problem: "landscape" });
  fill(place("origin"), h("details", {}, h("summary", {}, facts), h("dl", {}, [...settingsOf(scenario.experiment, catalog), ["Link", link]].map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words))))),
    /^https?:/.test(link) && h("a", { href: link, target: "_blank", rel: "noopener" }, "Open in Clipscape"));

  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-control]"))) {
    element.classList.toggle("hidden-by-link", view.hide.includes(element.dataset.control));
  }
  const update = () => {
    const state = { document: { ...scenario, view }, session: session() };
    document.documentElement.dataset.theme = state.session.theme;
    for (const part of [toolbar, caption, charts, player]) part.update(/** @type {any} */ (state));
    panels.forEach((panel, index) => {
      const scene = { surface, run: runs[index], experiment: result.experiment, index, theme: state.session.theme, rule: rules[index], corner };
      panel.update({ scene, entry: rules[index].entry, threshold: rules[index].threshold, mode: "contour" });
    });
    measure();
  };
  const measure = () => {
    for (const panel of panels) panel.measure();
    charts.measure();
    playback.wake();
  };

  clock.setLast(result.experiment.n_steps);
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

/** Every choice of the experiment with its numbers: [what, words]. @returns {string[][]} */
function settingsOf(experiment, catalog) {
  const words = (family, { kind, params }) => {
    const entry = entryOf(catalog, family, kind);
    const numbers = entry.parameters.map(({ name, label }) => `${label.toLowerCase()} ${typeof params[name] === "number" ? number(params[name], 6) : params[name]}`);
    return [entry.label, ...numbers].join(", ");
  };
  const shared = ["problem", "optimizer", "schedule", "noise", "weight_decay"].map((family) => [sentence(family.replace("_", " ")).replace("Problem", "Landscape"), words(family, experiment[family])]);
  const variants = experiment.variants.map(({ name, clip }) => [name, `${words("clip", clip)}${clip.position === "after" ? ", after the optimizer" : ""}`]);
  return [...shared, ["Start", experiment.start ? experiment.start.map((value) => number(value, 6)).join(", ") : "–"], ["Steps", String(experiment.n_steps)], ["Seed", String(experiment.seed)], ...variants];
}

const sent = document.getElementById("run");
if (sent) show(JSON.parse(sent.textContent ?? ""));

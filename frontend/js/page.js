// @ts-check
/** All views of the page and where they stand; they know nothing of each other. */

import { fill, h } from "./lib/dom.js";
import { styled } from "./lib/styled.js";
import { quietCorner } from "./plots/corner.js";
import { createCaption } from "./views/caption.js";
import { createCharts } from "./views/charts.js";
import { createHeader } from "./views/header.js";
import { createLandscape } from "./views/landscape.js";
import { createMessages } from "./views/messages.js";
import { createMethod } from "./views/method.js";
import { createPanel } from "./views/panel.js";
import { createPlayer } from "./views/player.js";
import { createRates } from "./views/rates.js";
import { createToolbar } from "./views/toolbar.js";
import { createVariants } from "./views/variants.js";
import { isNetwork } from "./state/scenario.js";

const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} actions what the visitor can do; see main.js */
export function createPage(actions) {
  const [header, toolbar, messages] = [createHeader(place("header"), actions), createToolbar(place("toolbar"), actions), createMessages(place("messages"), actions)];
  const [charts, player] = [createCharts(place("charts"), actions), createPlayer(place("player"), actions)];
  const always = [header, messages, createCaption(place("caption")), player];
  const comparing = /** @type {any[]} */ ([toolbar, charts]);
  const moving = /** @type {any[]} */ ([charts]);
  let arithmetic = /** @type {Promise<void> | null} */ (null);
  let veil = /** @type {Promise<void> | null} */ (null);
  /** @type {{update: (state: any) => void}[]} */
  let settings = [];
  /** Settings of networks, which come with the first tab that needs them. @type {{update: (state: any) => void} | null} */
  let network = null;
  /** @type {any[]} */
  const panels = [];
  let shown = 0;
  let drawn = /** @type {any[]} */ ([]);
  /** Where the lens lies: it stays while something is dragged. @type {ReturnType<typeof quietCorner> | null} */
  let corner = null;

  /** Sizes are read when they have changed and never while something moves: reading one makes the browser lay out the page at once. */
  const sizes = new ResizeObserver(() => measure() && actions.onReady());
  for (const name of ["panels", "charts"]) sizes.observe(place(name));

  const addSettings = (catalog) => {
    const section = (create, name) => {
      const root = h("section", { class: `settings settings-${name}`, "data-control": name === "variants" ? "variants" : null });
      settings.push(create(root, { catalog, ...actions }));
      return root;
    };
    fill(place("controls"),
      h("section", { id: "map-settings", class: "settings settings-map" }), section(createLandscape, "landscape"), h("section", { id: "network", class: "settings settings-network" }), section(createRates, "rates"), section(createVariants, "variants"), section(createMethod, "method"));
  };

  /** Slow motion is fetched when it is first wanted. */
  const addArithmetic = async (state) => {
    const view = (await import("./views/arithmetic.js")).createArithmetic(place("arithmetic"));
    view.update(state);
    comparing.push(view);
    moving.push(view);
    actions.onReady();
  };

  /** The words about what a link hides are fetched when a link hides something. */
  const addVeil = async () => {
    const [{ createVeil }] = await Promise.all([import("./views/veil.js"), styled("teaching")]);
    always.push(createVeil(place("caption"), actions));
    actions.onReady();
  };

  const showPanels = (count) => {
    while (panels.length < count) {
      panels.push(createPanel(panels.length, actions));
      sizes.observe(panels[panels.length - 1].map);
    }
    if (count !== shown) fill(place("panels"), panels.slice(0, count).map((panel) => panel.element));
    shown = count;
    place("panels").dataset.count = String(count);
  };

  const updatePanels = ({ document: { view }, session }) => {
    const { result, surface, theme, rules } = session;
    const told = !session.hide.includes("outcomes");
    const layout = [surface, theme, view.surface, session.shown, told];
    const parts = [result, rules, ...layout];
    if (!result || !surface || parts.every((part, index) => part === drawn[index])) return;
    const moved = layout.some((part, index) => part !== drawn[index + 2]);
    drawn = parts;
    showPanels(session.shown);
    if (moved) measure();
    const runs = result.variants.slice(0, session.shown);
    corner = result.exact || !corner ? quietCorner(runs, surface.window, surface.minimizers) : corner;
    runs.forEach((run, index) => {
      const scene = { surface, run, experiment: result.experiment, index, theme, rule: rules[index], corner };
      panels[index].scene = scene;
      panels[index].update({ scene, entry: rules[index].entry, threshold: rules[index].threshold, mode: view.surface, told });
    });
  };

  const measure = () => {
    if (place("panels").clientWidth === 0) return false;
    const changed = panels.slice(0, shown).map((panel) => panel.measure());
    charts.measure();
    return changed.some(Boolean);
  };

  return {
    measure,
    panels: () => panels.slice(0, shown),
    update(state) {
      if (state.session.catalog && settings.length === 0) addSettings(state.session.catalog);
      if (state.document.view.slow) arithmetic ??= addArithmetic(state).catch(() => { arithmetic = null; });
      const { tab } = state.document.view;
      const trained = isNetwork(state.document, state.session.catalog);
      Object.assign(document.body.dataset, { tab, problem: trained ? "network" : "landscape" });
      const compares = tab === "compare";
      if (compares) updatePanels(state);
      const [landscape, ...shared] = settings;
      const own = trained ? [network] : [landscape];
      for (const view of [...always, ...shared, ...own, ...(compares && landscape ? comparing : [])]) view?.update(state);
      hideParts(state.session.hide);
      if (state.document.view.hide.length) veil ??= addVeil().catch(() => { veil = null; });
      document.body.classList.toggle("is-busy", state.session.busy);
      document.body.classList.toggle("shows-sheet", state.session.sheet);
    },
    tick(clock) {
      player.tick(clock);
      if (document.body.dataset.tab !== "compare") return;
      for (const panel of panels.slice(0, shown)) panel.stage.draw(clock);
      for (const view of moving) view.tick(clock);
    },
    /** @param {(root: HTMLElement, options: any) => {update: (state: any) => void}} create @param {any} state */
    addNetwork(create, state) {
      const { catalog } = state.session;
      if (network || !catalog) return;
      network = create(place("network"), { catalog, ...actions });
      if (isNetwork(state.document, catalog)) network.update(state);
    },
    controls: place("controls"),
    panelsRoot: place("panels"),
    labRoot: place("recurrent"),
    mapRoot: place("map"),
    playerRoot: place("player"),
    announcer: place("announcer"),
  };
}

/** What a link hides has rules of its own, which also hold for what is made later. */
const hiding = new CSSStyleSheet();
document.adoptedStyleSheets.push(hiding);
let hidden = "";

/** Lecturers hide what would distract: `hide=optimizer,noise` in the link. @param {string[]} names */
function hideParts(names) {
  const rules = names.map((name) => `[data-control~="${CSS.escape(name)}"]`).join();
  if (rules === hidden) return;
  hidden = rules;
  hiding.replaceSync(rules ? `${rules}{display:none!important}.charts{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));min-height:0}.panels{min-height:0!important}` : "");
  for (const part of ["controls", "player"]) document.body.classList.toggle(`without-${part}`, names.includes(part));
}

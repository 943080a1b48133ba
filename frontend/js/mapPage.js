// @ts-check
/** The views of the Map tab and where they stand. */

import { debounce, fill, h } from "./lib/dom.js";
import { nearestAlong } from "./plots/cellAxes.js";
import { scaleOf, shownMeasure } from "./plots/measures.js";
import { countsOf, settingOf, spokenOf } from "./plots/mapWords.js";
import { createMapBar } from "./views/mapBar.js";
import { createMapFoot } from "./views/mapFoot.js";
import { createMapOffer } from "./views/mapOffer.js";
import { createMapPanel } from "./views/mapPanel.js";
import { createMapSettings } from "./views/mapSettings.js";
import { createNetwork } from "./views/network.js";
import { MAX_SHOWN } from "./state/scenario.js";

/** Milliseconds until a map that no longer answers what is asked fades. */
const PATIENCE = 400;
/** Milliseconds that a pointer rests on a curve until it is explained. */
const DWELL = 200;

/** @typedef {{x: number, y: number}} Cell a column and a row, from the smallest numbers */

/** @param {HTMLElement} root @param {HTMLElement} footRoot @param {any} actions */
export function createMapPage(root, footRoot, actions) {
  const [barRoot, panelsRoot] = [h("div", { class: "atlas-bar" }), h("div", { class: "panels atlas-panels" })];
  const offer = createMapOffer(actions);
  const spoken = h("p", { class: "visually-hidden", role: "status" });
  fill(root, barRoot, offer.element, panelsRoot, spoken);
  const bar = createMapBar(barRoot, { ...actions, onCurve: (id) => setCurve(id) });
  const foot = createMapFoot(footRoot, { onOpen: () => open(cellInHand()) });
  const panels = /** @type {any[]} */ ([]);
  let settings = /** @type {any} */ (null);
  let state = /** @type {any} */ (null);
  let sweep = /** @type {import("./api/sweeps.js").Sweep | null} */ (null);
  let status = "waiting";
  let estimate = /** @type {any} */ (null);
  let currents = /** @type {{x: number | null, y: number | null}[]} */ ([]);
  let cell = /** @type {Cell | null} */ (null);
  let losses = /** @type {any} */ (null);
  let curve = "";
  let frame = 0;
  let waiting = 0;
  let slow = 0;
  /** Milliseconds that the cells took to paint last. */
  let cost = 0;
  let stale = /** @type {Set<string>} */ (new Set());

  /** What must be drawn anew with the next frame. @param {...("cells" | "marks")} what */
  const soon = (...what) => {
    for (const one of what) stale.add(one);
    if (!frame) frame = requestAnimationFrame(paint);
  };
  /** Tiles come faster than large maps can be painted: what is pointed at stays quick. The whole map is painted at once. */
  const soonCells = (whole) => {
    if (whole) return soon("cells", "marks");
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      soon("cells", "marks");
    }, Math.min(400, cost * 3));
  };
  const measure = () => shownMeasure(state.document.view.map?.measure ?? "outcome", sweep);

  const paint = () => {
    frame = 0;
    const what = stale;
    stale = new Set();
    if (!sweep || !state || !root.clientWidth) return;
    const shown = /** @type {import("./api/sweeps.js").Sweep} */ (sweep);
    const { theme } = state.session;
    showPanels(Math.min(MAX_SHOWN, shown.variants.length));
    if (what.has("cells")) {
      const before = performance.now();
      const scale = scaleOf(shown, measure());
      const counts = shown.variants.map((_, variant) => countsOf(shown, variant));
      eachPanel((panel, variant) => panel.setData({ sweep: shown, variant, measure: measure(), scale, theme, counts }));
      bar.setScale(shown, scale, theme);
      cost = performance.now() - before;
    }
    const inHand = cellInHand();
    eachPanel((panel, variant) => panel.setMarks({ cell: cell ?? null, current: currents[variant] ?? { x: null, y: null }, curve }, inHand, losses?.[variant] ?? null));
    foot.update(shown, inHand);
    progress();
  };
  const eachPanel = (work) => panels.slice(0, panelsRoot.children.length).forEach(work);

  const progress = () => {
    root.dataset.status = status;
    const network = Boolean(state?.document.experiment.task);
    bar.setProgress({ status, sweep, network });
    offer.update({ status, estimate, network });
  };

  const showPanels = (count) => {
    const listeners = { onHover: hover, onMove: move, onTap: tap, onOpen: open, onCurve: pointAt, onTable: actions.onTable };
    while (panels.length < count) panels.push(createMapPanel(panels.length, listeners));
    if (panelsRoot.children.length === count) return;
    fill(panelsRoot, panels.slice(0, count).map((panel) => panel.element));
    panelsRoot.dataset.count = String(count);
    resize();
  };

  const resize = () => {
    if (!root.clientWidth) return;
    eachPanel((panel) => panel.measure());
    bar.measure();
    soon("cells");
  };

  /** The cell in hand, or the one nearest to the present setting. @returns {Cell | null} */
  const cellInHand = () => {
    if (!sweep) return null;
    if (cell) return cell;
    const [current] = currents;
    return current && current.x !== null && current.y !== null ? { x: nearestAlong(sweep.x, current.x), y: nearestAlong(sweep.y, current.y) } : null;
  };

  const take = (next) => {
    if (next?.x === cell?.x && next?.y === cell?.y) return;
    cell = next;
    losses = null;
    actions.onCell(cellInHand());
    soon("marks");
  };
  const hover = (next) => take(next);
  /** With the arrow keys, from cell to cell; what is there is told. */
  const move = (dx, dy) => {
    const from = cellInHand();
    if (!from || !sweep) return;
    const within = (place, count) => Math.max(0, Math.min(count - 1, place));
    take({ x: within(from.x + dx, sweep.columns), y: within(from.y + dy, sweep.rows) });
    tell();
  };
  const tell = () => {
    const now = cellInHand();
    if (!now || !sweep) return;
    const shown = sweep;
    const place = now.y * shown.columns + now.x;
    spoken.textContent = `${settingOf(shown, now)}. ${shown.variants.slice(0, MAX_SHOWN).map((_, variant) => spokenOf(shown, variant, place)).join(" ")}`;
  };
  /** A finger has nothing to hover with: the first tap shows, one more opens. */
  const tap = (next) => {
    if (cell && next && cell.x === next.x && cell.y === next.y) open(next);
    else take(next);
  };
  const open = (which) => {
    const now = which ?? cellInHand();
    if (now && sweep) actions.onOpen(now);
  };
  const setCurve = (letter) => {
    pointed.cancel();
    if (letter === curve) return;
    curve = letter;
    bar.setCurve(letter);
    soon("marks");
  };
  const pointed = debounce((letter) => setCurve(letter), DWELL);
  /** A pointer on its way over a curve wants no explanation; one that rests there does. */
  const pointAt = (letter) => (letter && letter !== curve ? pointed(letter) : setCurve(letter));

  return {
    measure: resize,
    /** @param {import("./api/sweeps.js").Sweep} next */
    show(next) {
      if (next !== sweep) {
        const same = sweep && sweep.columns === next.columns && sweep.rows === next.rows && sweep.x.path === next.x.path && sweep.y.path === next.y.path;
        if (!same) cell = null;
        curve = "";
        sweep = next;
        bar.update(state, sweep);
        settings?.update(state, sweep);
        soon("cells", "marks");
      } else soonCells(next.complete);
      if (!next.known) return;
      clearTimeout(slow);
      root.classList.remove("is-old");
    },
    /** Whether there is a map on screen that may stay until a newer one comes. */
    shows: () => sweep !== null && panelsRoot.children.length > 0,
    /** Nothing on screen answers what is asked. */
    clear() {
      sweep = null;
      root.classList.remove("is-old");
      fill(panelsRoot);
    },
    /** @param {string} next */
    setStatus(next) {
      status = next;
      if (next !== "running") clearTimeout(slow);
      if (next === "waiting") slow = setTimeout(() => root.classList.add("is-old"), PATIENCE);
      if (state) progress();
    },
    /** @param {any} next */
    setEstimate(next) {
      estimate = next;
      settings?.setChoices(next);
      if (state) progress();
    },
    /** @param {(ArrayLike<number> | null)[] | null} next one per variant */
    setLosses(next) {
      losses = next;
      soon("marks");
    },
    cell: cellInHand,
    /** What is on screen, for those who take a picture of it away. */
    shown: () => sweep && { sweep, measure: measure(), currents },
    /** @param {any} next @param {typeof currents} current */
    update(next, current) {
      const before = state;
      state = next;
      currents = current;
      const { catalog, theme } = next.session;
      const place = document.getElementById("map-settings");
      if (!settings && catalog && place) {
        settings = createMapSettings(place, { ...actions });
        if (estimate) settings.setChoices(estimate);
      }
      actions.addNetwork(createNetwork, next);
      settings?.update(next, sweep);
      bar.update(next, sweep);
      const anew = !before || before.session.theme !== theme || before.document.view.map !== next.document.view.map || before.session.sweep !== next.session.sweep;
      soon(...(anew ? /** @type {const} */ (["cells", "marks"]) : /** @type {const} */ (["marks"])));
      progress();
    },
  };
}

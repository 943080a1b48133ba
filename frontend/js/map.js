// @ts-check
/** The Map tab: how runs end over two of their numbers. Everything here is fetched when the tab is first opened. */

import { decodeArray } from "./lib/arrays.js";
import { createLatest } from "./api/latest.js";
import { Refusal } from "./api/errors.js";
import { sweepBody } from "./api/sweeps.js";
import { debounce } from "./lib/dom.js";
import { createMapPage } from "./mapPage.js";
import { mapTable } from "./mapTables.js";
import { shownMeasure } from "./plots/measures.js";
import { same } from "./state/canonical.js";
import { withMap } from "./state/map.js";
import { numberAt, targetsOf, withNumber } from "./state/paths.js";
import { MAX_SHOWN, filled, isNetwork } from "./state/scenario.js";
import { createSweeping } from "./sweeping.js";

/** Milliseconds that a slider must rest before the map follows it, and a cell before its run is fetched. */
const SETTLE = 150;
const LINGER = 90;
/** A run of a cell is computed for its curve where that takes less than this many seconds. */
const CHEAP = 1.5;

/**
 * @param {{store: ReturnType<import("./state/store.js").createStore<any>>, client: any, root: () => HTMLElement, foot: () => HTMLElement,
 *   onChange: (change: (document: any) => any) => void, onOpen: (change: (document: any) => any) => void, openTable: (table: any) => void,
 *   addNetwork: (create: any, state: any) => void}} tools
 */
export function createMap({ store, client, root, foot, onChange, onOpen, openTable, addNetwork }) {
  const curves = createLatest();
  let status = /** @type {import("./sweeping.js").SweepState} */ ("waiting");
  let sweep = /** @type {import("./api/sweeps.js").Sweep | null} */ (null);
  let estimate = /** @type {any} */ (null);
  /** The axes that were chosen for an experiment, and for which. */
  let chosen = /** @type {{kinds: any, x: any, y: any} | null} */ (null);
  let choicesFor = /** @type {any} */ (null);

  const catalog = () => store.get().session.catalog;
  const whole = (document) => filled(document, catalog());

  const sweeping = createSweeping({
    client,
    onSweep(next) {
      adopt(next);
      if (next !== sweep && !next.known && page.shows()) return;
      const fresh = next !== sweep;
      sweep = next;
      if (fresh) store.note({ sweep, refused: [] });
      page.show(sweep);
      if (fresh) page.setLosses(null);
      if (fresh || sweep.complete) linger();
    },
    onState(next) {
      status = next;
      if (next === "offered" || (next === "refused" && !same(sweep?.experiment.problem.kind, store.get().document.experiment.problem.kind))) page.clear();
      page.setStatus(next);
    },
    onEstimate(next) {
      estimate = next;
      adopt(next);
      page.setEstimate(next);
    },
    onRefused: (refused) => store.note({ refused }),
  });

  const page = createMapPage(root(), foot(), {
    onMap: (changes) => onChange((document) => withMap(document, changes)),
    onMeasure: (measure) => store.look({ map: withMap(store.get().document, { measure }).view.map }),
    onCell: () => linger(),
    onOpen: (cell) => onOpen((document) => atCell(document, cell)),
    onStart: () => sweeping.start(question(store.settled())),
    onCancel: () => sweeping.cancel(),
    onTable: (variant) => sweep && openTable(mapTable(sweep, variant, shownMeasure(store.get().document.view.map?.measure ?? "outcome", sweep))),
    addNetwork,
  });

  /** The present experiment with the numbers of a cell. */
  const atCell = (document, { x, y }) => {
    const shown = /** @type {import("./api/sweeps.js").Sweep} */ (sweep);
    const across = withNumber(whole(document), catalog(), shown.x.path, shown.x.values[x]);
    return withNumber(across, catalog(), shown.y.path, shown.y.values[y]);
  };

  /** What is asked does not depend on the present value of a number that the map goes over: moving it moves the cross alone. */
  const question = (document) => {
    const map = document.view.map ?? {};
    const paths = [map.x, map.y].flatMap((axis) => (axis ? [axis.path] : []));
    const { experiment } = paths.reduce((changed, path) => withNumber(changed, catalog(), path, null), whole(document));
    return sweepBody({ ...experiment, variants: experiment.variants.slice(0, MAX_SHOWN) }, map);
  };

  /** What an axis chosen by the server is good for. */
  const kindsOf = ({ experiment: { problem, optimizer, variants, task } }) => [problem.kind, optimizer.kind, task?.kind ?? null, variants.map(({ clip, optimizer: own }) => [clip.kind, own?.kind ?? null])];

  /** Without the axes that this experiment does not have, and those that were chosen for another one. */
  const fitting = (document) => {
    const { map = {} } = document.view;
    const kinds = kindsOf(whole(document));
    const stale = (name) => chosen && !same(chosen.kinds, kinds) && same(map[name], chosen[name]);
    const lost = ["x", "y"].filter((name) => map[name] && (stale(name) || !targetsOf(whole(document), catalog(), map[name].path).length));
    return lost.length ? withMap(document, Object.fromEntries(lost.map((name) => [name, undefined]))) : document;
  };

  /** The server chose axes, and a start: keep them, so that links stay the same when the choice changes. */
  const adopt = ({ x, y, experiment }) => {
    const current = store.settled();
    const { map = {} } = current.view;
    const start = current.experiment.start ?? experiment?.start ?? null;
    const complete = map.x && map.y && same(start, current.experiment.start);
    if (current.view.tab !== "map" || complete || store.get().document !== current) return;
    const axis = ({ path, low, high, scale }) => ({ path, low, high, scale });
    const written = withMap(current, { x: map.x ?? axis(x), y: map.y ?? axis(y) });
    if (!map.x || !map.y) chosen = { kinds: kindsOf(whole(current)), x: map.x ? null : written.view.map?.x, y: map.y ? null : written.view.map?.y };
    store.adopt({ ...written, experiment: { ...whole(current).experiment, start } });
    sweeping.rename(question(store.settled()));
  };

  /** The losses of the cell in hand, when it has been in hand for a moment. */
  const linger = debounce(async () => {
    const cell = page.cell();
    const document = store.get().document;
    if (!cell || !sweep || document.view.tab !== "map" || !isCheap()) return;
    const { start, ...rest } = atCell(document, cell).experiment;
    try {
      const losses = await curves.run((signal) => client.ask("simulate?arrays=base64", { version: 1, experiment: start ? { ...rest, start } : rest, fields: ["loss"] }, lossesOf, signal));
      if (losses) page.setLosses(losses);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      page.setLosses(null);
    }
  }, LINGER);

  const isCheap = () => {
    if (!sweep?.experiment.task) return true;
    return Boolean(estimate) && (estimate.seconds / estimate.runs) * sweep.variants.length < CHEAP;
  };

  const settle = (given) => {
    passing.cancel();
    if (!catalog()) return;
    const document = fitting(given);
    if (document !== given) store.adopt(document);
    const [body, dear] = [question(document), isNetwork(document, catalog())];
    sweeping.want(body, dear);
    const kinds = kindsOf(whole(document));
    if (dear || !same(kinds, choicesFor)) sweeping.estimate(body);
    choicesFor = kinds;
  };
  const passing = debounce((document) => sweeping.want(question(document), isNetwork(document, catalog())), SETTLE);

  return {
    settle,
    /** A slider is being moved: the cross follows at once, the map when it rests for a moment. */
    pass: (document) => passing(document),
    leave() {
      passing.cancel();
      linger.cancel();
      curves.stop();
      if (status === "waiting" || status === "running") sweeping.cancel();
    },
    update(state) {
      page.update(state, currentOf(state.document));
    },
    tick() {},
    measure: () => page.measure(),
    shown: () => page.shown(),
  };

  /** The present setting on the axes, for every variant; a variant that an axis does not concern is shown where the others are. */
  function currentOf(document) {
    const { map } = document.view;
    const axes = [map?.x ?? sweep?.x, map?.y ?? sweep?.y];
    const all = axes.map((axis) => document.experiment.variants.map((_, variant) => (axis && catalog() ? numberAt(document, catalog(), axis.path, variant) : null)));
    const some = all.map((values) => values.find((value) => value !== null) ?? null);
    return document.experiment.variants.map((_, variant) => ({ x: all[0][variant] ?? some[0], y: all[1][variant] ?? some[1] }));
  }
}

/** The loss at every step, for every variant. */
const lossesOf = (answer) => answer.variants.map(({ series }) => decodeArray(series.loss).data);

// @ts-check
/** Wiring: what the visitor does changes the document, the document asks for a picture, the picture is drawn. */

import { createAddress, readAddress } from "./address.js";
import { createClient } from "./api/client.js";
import { createQuestions } from "./api/questions.js";
import { createCompare } from "./compare.js";
import { createFigures } from "./figures.js";
import { listenToKeys } from "./keyboard.js";
import { debounce } from "./lib/dom.js";
import { prefersDark, reducedMotion, themeFor } from "./lib/media.js";
import { createLoop } from "./loop.js";
import { placeComplaints } from "./notices.js";
import { createPage } from "./page.js";
import { prefetchPlotly } from "./plots/plotly.js";
import { rulesOf } from "./rules.js";
import { createClock } from "./state/clock.js";
import { same } from "./state/canonical.js";
import { composeQuery } from "./state/readable.js";
import { MAX_SHOWN, defaultDocument, defaultView, filled, withExperiment, withView } from "./state/scenario.js";
import { createStore } from "./state/store.js";
import { thresholds, withThreshold } from "./state/variants.js";
import { chartTable, variantTable } from "./tables.js";

const client = createClient({ onConnection: (connection) => store.note({ connection }) });
const questions = createQuestions(client);
export const clock = createClock();
export const store = createStore(defaultDocument(), {
  catalog: null, presets: null, result: null, surface: null, linked: true, slow: false, sheet: false, busy: false, refused: [], remarks: [],
  connection: { state: "fine" }, note3d: "",
});
const compare = createCompare({ store, questions });
const address = createAddress({ onTravel: () => open() });
const figures = createFigures({
  onCamera: (camera) => keepView({ camera }),
  onRedraw: () => loop.wake(),
  onFailure: (words) => store.note({ note3d: words }),
});

/** What the clock does when the next exact picture arrives. @type {"stay" | "play" | "step"} */
let whenShown = "stay";

const edit = (change, { passing = false, notch } = /** @type {any} */ ({})) => {
  store.update(change, { passing });
  if (passing) compare.pass(store.get().document, notch);
};
const keepView = (changes) => store.look(changes);
const seek = (step) => {
  clock.pause();
  clock.seek(step);
  loop.wake();
  rest();
};
const stepBy = (direction, size = 1) => seek(clock.slow && size === 1 ? slowStep(direction) : Math.round(clock.position) + direction * size);
/** In slow motion a step of the player is one line of the arithmetic. */
const slowStep = (direction) => (Math.floor(clock.position * 4 + 1e-6) + direction) / 4;
const play = () => {
  if (clock.playing) clock.pause();
  else clock.play();
  loop.wake();
  if (!clock.playing) rest();
};
const setSlow = (slow) => {
  clock.setSlow(slow);
  store.note({ slow });
  if (slow && clock.atEnd) clock.seek(0);
  loop.wake();
  rest();
};
const setSurface = (surface) => keepView({ surface });
const toggleSheet = () => store.note({ sheet: !store.get().session.sheet });

const actions = {
  onChange: edit,
  onGrab: (grab) => {
    clock.pause();
    loop.wake();
    compare.grab(grab);
  },
  onLink: (linked) => {
    store.note({ linked });
    if (linked) edit((document) => shareThreshold(document));
  },
  onStart(place, phase) {
    if (phase === "move") clock.pause();
    else whenShown = reducedMotion.matches ? "stay" : "play";
    edit((document) => withExperiment(document, ["start"], place), { passing: phase === "move" });
  },
  onPlay: play,
  onStep: (direction) => stepBy(direction),
  onSeek: seek,
  onSpeed: (speed) => keepView({ speed }),
  onSlow: setSlow,
  onSurface: setSurface,
  onTheme: (theme) => keepView({ theme }),
  onControls: toggleSheet,
  onUndo: () => store.undo(),
  onRedo: () => store.redo(),
  onHelp: () => page.help.open(),
  onRetry: () => client.retryNow(),
  onDismiss: () => store.note({ remarks: [] }),
  onPresets: openPresets,
  onChoose(preset) {
    whenShown = reducedMotion.matches ? "stay" : "play";
    const { theme, speed } = store.get().document.view;
    edit(() => filled({ ...preset.scenario, view: { ...defaultView(), ...preset.scenario.view, theme, speed } }, store.get().session.catalog));
    clock.seek(0);
  },
  onShare: share,
  onTable: (which) => {
    const { session } = present(store.get());
    if (session.result) page.table.open(typeof which === "number" ? variantTable(session, which) : chartTable(session, which));
  },
};

const page = createPage(actions);
const loop = createLoop({ clock, onFrame: () => page.tick(clock), onRest: () => rest() });

listenToKeys({
  play, slow: () => setSlow(!clock.slow), help: actions.onHelp, undo: actions.onUndo, redo: actions.onRedo,
  back: () => stepBy(-1), forward: () => stepBy(1), back10: () => stepBy(-1, 10), forward10: () => stepBy(1, 10),
  first: () => seek(0), last: () => seek(Infinity),
  view: () => setSurface(store.get().document.view.surface === "contour" ? "surface" : "contour"),
});

/** The state with everything that follows from it. */
function present(state) {
  const { document, session } = state;
  const rules = rulesFor(session.catalog, session.result);
  const shown = Math.min(MAX_SHOWN, session.result?.variants.length ?? 0);
  return {
    document: session.catalog ? filledOnce(document, session.catalog) : document,
    session: { ...session, rules, shown, theme: themeFor(document.view.theme), canUndo: store.canUndo(), canRedo: store.canRedo() },
  };
}

const rulesFor = remembered((catalog, result) => (result ? rulesOf(catalog, result) : []));
const filledOnce = remembered(filled);

/** The last answer, as long as the question is the same. */
function remembered(work) {
  let last = /** @type {{inputs: any[], output: any} | null} */ (null);
  return (...inputs) => {
    if (!last || inputs.some((input, index) => input !== last?.inputs[index])) last = { inputs, output: work(...inputs) };
    return last.output;
  };
}

store.subscribe((state, previous, cause) => {
  const { document, session } = state;
  if (cause === "commit" || cause === "load") compare.settle(document);
  if (cause !== "note" && cause !== "passing") address.show(store.settled(), { push: cause === "commit" });
  if (session.result !== previous.session.result && session.result) onResult(session.result, previous.session.result);
  if (document.view !== previous.document.view) onView(document.view, cause);
  render();
});

function render() {
  const state = present(store.get());
  document.documentElement.dataset.theme = state.session.theme;
  const homeless = state.session.catalog ? placeComplaints(page.controls, state.session.refused) : null;
  page.update({ ...state, session: { ...state.session, refusal: homeless } });
  figures.sync(page.panels());
  loop.wake();
  if (!clock.playing) upgrade();
}

function onResult(result, before) {
  const atEnd = before && clock.atEnd;
  clock.setLast(result.experiment.n_steps);
  if (atEnd) clock.seek(Infinity);
  if (!result.exact) return;
  if (!before) setTimeout(prefetchPlotly, 1500);
  if (whenShown === "play") {
    clock.seek(0);
    clock.play();
  } else if (whenShown === "step") clock.seek(store.get().document.view.step);
  whenShown = "stay";
}

function onView({ speed, step, camera }, cause) {
  clock.setSpeed(speed);
  if (cause === "load" && whenShown !== "play") clock.seek(step);
  if (camera && cause === "load") figures.look(camera);
}

/** Everything stands still: remember the step, tell it, let the library take over what does not move. */
const rest = debounce(() => {
  if (clock.playing) return;
  keepView({ step: clock.step });
  announce();
  upgrade();
  figures.settle();
}, 250);

const upgrade = debounce(() => {
  const { document, session } = store.get();
  if (clock.playing || !session.result?.exact) return;
  figures.setPanels(page.panels());
  figures.update(document.view.surface, document.view.camera);
}, 120);

function announce() {
  const { result } = store.get().session;
  if (!result) return;
  const words = result.variants.slice(0, MAX_SHOWN).map((run) => `${run.name}: ${run.outcome.sentence}`);
  page.announcer.textContent = `Paused at step ${clock.step} of ${clock.last}. ${clock.atEnd ? words.join(" ") : ""}`;
}

/** Open what the address asks for: when the page loads, and when the history moves. @param {boolean} [first] */
async function open(first = false) {
  const { document, remarks, fresh } = await readAddress(location, questions);
  const plays = first && document.view.step === 0 && !reducedMotion.matches;
  whenShown = plays ? "play" : first && (fresh || document.view.step === 0) ? "stay" : "step";
  store.note({ remarks });
  clock.pause();
  store.load(document);
}

const shareThreshold = (document) => {
  const { catalog } = store.get().session;
  const [first] = thresholds(document, catalog);
  return first ? withThreshold(document, first.value, catalog) : document;
};

async function openPresets() {
  page.presets.open();
  if (!store.get().session.presets) store.note({ presets: await questions.presets() });
}

async function share() {
  const document = withView(store.get().document, { step: clock.step });
  const { catalog, presets } = store.get().session;
  const known = presets ?? (await questions.presets());
  if (!presets) store.note({ presets: known });
  const query = composeQuery(document, catalog, known);
  page.share.open({ whole: await address.linkTo(document), readable: query === null ? null : address.readableTo(query) });
}

for (const query of [prefersDark, reducedMotion]) query.addEventListener("change", render);
window.addEventListener("online", () => client.retryNow());
new ResizeObserver(() => {
  if (!page.measure()) return;
  loop.wake();
  upgrade();
}).observe(page.panelsRoot);
questions.catalog().then((catalog) => store.note({ catalog }));
open(true);

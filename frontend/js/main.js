// @ts-check
/** Wiring: what the visitor does changes the document, the document asks for a picture, the picture is drawn. */

import { createAddress, isLink, readAddress } from "./address.js";
import { createClient } from "./api/client.js";
import { createQuestions } from "./api/questions.js";
import { createCompare } from "./compare.js";
import { createDialogs } from "./dialogs.js";
import { listenToKeys } from "./keyboard.js";
import { debounce } from "./lib/dom.js";
import { prefersDark, reducedMotion } from "./lib/media.js";
import { placeComplaints } from "./notices.js";
import { createPage } from "./page.js";
import { createPlayback } from "./playback.js";
import { createPresent } from "./present.js";
import { same } from "./state/canonical.js";
import { MAX_SHOWN, defaultDocument, defaultView, filled, isNetwork, madeInto, tabOf, withExperiment, withView } from "./state/scenario.js";
import { createStore } from "./state/store.js";
import { thresholds, withThreshold } from "./state/variants.js";
import { createTab } from "./tab.js";
import { createUpgrade } from "./upgrade.js";

export const store = createStore(defaultDocument(), {
  catalog: null, presets: null, preset: null, result: null, surface: null, lab: null, sweep: null, linked: true, sheet: false, unveiled: false, asked: null, busy: false, refused: [], remarks: [],
  connection: { state: "fine" }, note3d: "",
});
const client = createClient({ onConnection: (connection) => store.note({ connection }) });
const questions = createQuestions(client, document.querySelector('meta[name="release"]')?.getAttribute("content") ?? "");
const present = createPresent(store);
const compare = createCompare({ store, questions });
const address = createAddress({ onTravel: () => open() });
export const playback = createPlayback({
  onFrame: (clock) => {
    page.tick(clock);
    if (isLab()) lab.tick(clock);
  },
  onRest: () => rest(),
  onPlay: () => remember(),
  onSlow: (slow) => look({ slow: slow || undefined }),
});
const { clock } = playback;
const { body } = document;
const dialogs = createDialogs({ store, questions, address, present, onChoose: choosePreset, moment: () => moment(), pictured: () => pictured(), openText: (text) => openText(text) });
const upgrade = createUpgrade({
  onQuiet: () => Promise.allSettled([dialogs.prefetch(), compare.prepare()]),
  isStill: () => !clock.playing && !compare.holding(),
  onCamera: (camera) => store.look({ camera }),
  onRedraw: () => playback.wake(),
  onWords: (words) => store.note({ note3d: words }),
});

/** What the clock does when the next exact picture arrives. @type {"stay" | "play" | "seek"} */
let whenShown = "stay";
const playsByItself = () => (reducedMotion.matches || document.body.dataset.autoplay === "no" ? "stay" : "play");
/** In a frame that shows only the player nothing of the document can be changed. */
const readOnly = () => document.body.dataset.controls === "player";

const parts = {
  store, client, playback, openTable: (table) => dialogs.open(table), addNetwork: (...args) => page.addNetwork(...args),
  onChange: (...args) => edit(...args), onOpen: (change) => openRun(change),
};
const waits = { onReady: () => render(), onUnreachable: (words) => store.note({ remarks: [words] }) };
const lab = createTab({ name: "Recurrent", styles: ["progress", "recurrent"], ...waits, create: async () => (await import("./recurrent.js")).createRecurrent({ ...parts, root: () => page.labRoot }) });
const map = createTab({ name: "Map", styles: ["progress", "map", "map-legend", "map-settings"], ...waits, create: async () => (await import("./map.js")).createMap({ ...parts, root: () => page.mapRoot, foot: () => page.playerRoot }) });
const shownTab = () => tabOf(store.get().document, store.get().session.catalog);
const isLab = () => shownTab() === "recurrent";
/** What each tab showed last. @type {Record<string, any>} */
const visited = {};

const edit = (change, { passing = false, notch } = /** @type {any} */ ({})) => {
  if (passing && shownTab() === "compare") return compare.pass(change(store.get().document), notch);
  store.update(change, { passing });
  if (passing) (isLab() ? lab : map).pass(store.get().document);
};

/** The map is of what is on screen, and its runs have its numbers; else another tab is as it was left. @param {import("./state/scenario.js").Tab} tab */
async function chooseTab(tab) {
  const { document, session } = store.get();
  if (tab === document.view.tab) return;
  playback.pause();
  const fresh = tab === "recurrent" && !visited[tab] ? (await lab.load())?.opening() : defaultDocument();
  const left = visited[tab] ?? fresh;
  if (!left) return;
  const keeps = tab === "map" || (document.view.tab === "map" && tab === (isNetwork(document, session.catalog) ? "recurrent" : "compare"));
  const next = keeps ? { ...document, view: left.view } : left;
  const { theme, speed, hide } = document.view;
  whenShown = visited[tab] && same(next.experiment, left.experiment) ? "seek" : playsByItself();
  edit(() => filled({ ...next, view: { ...next.view, tab, theme, speed, hide } }, session.catalog));
}

/** A run of the map, in the tab that shows runs. @param {(document: any) => any} change */
function openRun(change) {
  whenShown = playsByItself();
  const { session } = store.get();
  edit((document) => {
    const tab = isNetwork(document, session.catalog) ? "recurrent" : "compare";
    return filled(withView(change(document), { ...visited[tab]?.view, tab, map: undefined, step: 0, paused: undefined }), session.catalog);
  });
}

function choosePreset(preset) {
  whenShown = playsByItself();
  const { session, document } = store.get();
  const { theme, speed, slow, tab } = document.view;
  const view = { ...defaultView(), ...preset.scenario.view, ...(tab === "map" ? { tab } : {}) };
  const next = filled(withView({ ...preset.scenario, view }, { theme, speed, slow }), session.catalog);
  store.note({ preset: madeInto(preset, next.experiment) });
  edit(() => next);
  address.show(store.settled(), { preset: store.get().session.preset });
}

const actions = {
  onChange: edit,
  onGrab(grab) {
    if (grab.held) playback.pause();
    if (shownTab() === "compare") compare.grab(grab);
  },
  onLink(linked) {
    store.note({ linked });
    const { document, session } = store.get();
    const [first] = thresholds(document, session.catalog);
    if (linked && first) edit((now) => withThreshold(now, first.value, session.catalog));
  },
  onStart(place, phase) {
    if (readOnly()) return;
    if (phase === "move") playback.pause();
    else whenShown = playsByItself();
    edit((document) => withExperiment(document, ["start"], place), { passing: phase === "move" });
  },
  onTab: chooseTab,
  onPlay: playback.toggle,
  onStep: playback.stepBy,
  onSeek: playback.seek,
  onSlow: playback.setSlow,
  onSpeed: (speed) => store.look({ speed }),
  onSurface: (surface) => store.look({ surface }),
  onTheme: (theme) => store.look({ theme }),
  onControls: () => store.note({ sheet: !store.get().session.sheet }),
  onUndo: () => store.undo(),
  onRedo: () => store.redo(),
  onRetry: () => client.retryNow(),
  onDismiss: () => store.note({ remarks: [] }),
  onUnveil: (unveiled) => store.note({ unveiled }),
  onReady: () => render(),
  onPresets: dialogs.presets,
  onShare: dialogs.share,
  onExport: dialogs.export,
  onHelp: dialogs.help,
  onTable: dialogs.table,
};
export const page = createPage(actions);

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("stage")?.focus();
});

/** What only the tabs with a clock can do, or only some of them. */
const where = (tabs, act) => () => tabs.includes(shownTab()) && act();
const clocked = (act) => where(["compare", "recurrent"], act);
const comparing = (act) => where(["compare"], act);

listenToKeys({
  close: () => closeSheet(),
  play: clocked(playback.toggle),
  slow: comparing(() => playback.setSlow(!clock.slow)),
  view: comparing(() => store.look({ surface: store.get().document.view.surface === "contour" ? "surface" : "contour" })),
  help: dialogs.help,
  undo: actions.onUndo,
  redo: actions.onRedo,
  back: clocked(() => playback.stepBy(-1)),
  forward: clocked(() => playback.stepBy(1)),
  back10: clocked(() => playback.stepBy(-1, 10)),
  forward10: clocked(() => playback.stepBy(1, 10)),
  first: clocked(() => playback.seek(0)),
  last: clocked(() => playback.seek(Infinity)),
});

/** On a phone Escape leaves the settings and goes back to the button that opened them. */
function closeSheet() {
  if (!store.get().session.sheet) return;
  store.note({ sheet: false });
  /** @type {HTMLElement | null} */ (document.querySelector(".sheet-toggle"))?.focus();
}

store.subscribe((state, previous, cause) => {
  const { document, session } = state;
  const tab = tabOf(document, session.catalog);
  if (cause !== "note") visited[tab] = store.settled();
  if (tab !== tabOf(previous.document, session.catalog)) enter(tab);
  const asks = cause === "commit" || cause === "load" || ["surface", "slow"].some((key) => document.view[key] !== previous.document.view[key]);
  if (asks) ({ recurrent: settleLab, map: map.settle }[tab] ?? compare.settle)(document, cause === "load" || same(session.preset?.experiment ?? null, document.experiment));
  if (cause !== "note" && cause !== "passing") address.show(store.settled(), { push: cause === "commit", preset: session.preset });
  if (session.result && session.result !== previous.session.result) onResult(session.result, previous.session.result);
  if (document.view !== previous.document.view) onView(document.view, cause);
  if (tab === document.view.tab) render();
  else store.look({ tab });
});

/** A network is watched while it is trained; a link to one of its updates shows that. */
function settleLab(document) {
  const { step, paused } = document.view;
  lab.settle(document, whenShown === "seek" && (step || paused) ? step : Infinity);
  whenShown = "stay";
}

/** The pictures of the tabs that are left rest; what Compare showed comes again as if it were new, from the cache. */
function enter(tab) {
  for (const [name, other] of Object.entries({ compare, recurrent: lab, map })) if (name !== tab) other.leave();
  store.note({ result: null, surface: null, refused: [] });
}

function render() {
  const state = present();
  document.documentElement.dataset.theme = state.session.theme;
  const refusal = state.session.catalog ? placeComplaints(page.controls, state.session.refused) : null;
  page.update({ ...state, session: { ...state.session, refusal } });
  const tab = shownTab();
  if (tab === "compare") upgrade.sync(page.panels(), state.document.view);
  else ({ recurrent: lab, map })[tab].update(state);
  playback.wake();
}

function onResult(result, before) {
  const atEnd = before !== null && clock.atEnd;
  clock.setLast(result.experiment.n_steps);
  if (atEnd) clock.seek(Infinity);
  if (!result.exact) return;
  if (whenShown === "play") playback.restart();
  if (whenShown === "seek") clock.seek(store.get().document.view.step);
  if (!before && whenShown === "stay") clock.seek(Infinity);
  whenShown = "stay";
}

function onView({ speed, step, slow = false, camera }, cause) {
  clock.setSpeed(speed);
  if (cause !== "load") return;
  if (slow !== clock.slow) playback.setSlow(slow);
  if (whenShown === "seek") clock.seek(step);
  if (camera) upgrade.look(camera);
}

/** What stands still is linked as it stands; what plays is linked as a picture that plays from the start. */
const moment = () => (clock.playing ? { step: 0, paused: undefined } : { step: clock.step, paused: clock.step === 0 || undefined });
const remember = () => look(moment());

/** What the tab on screen shows, for those who take a picture of it away. */
const pictured = () => ({ clock: { step: clock.step, travel: clock.travel, phase: clock.phase, slow: clock.slow }, part: { compare: () => page.panels().map(({ scene }) => scene), recurrent: lab.shown, map: map.shown }[shownTab()]() });

function look(changes) {
  const { view } = store.get().document;
  if (Object.entries(changes).some(([key, value]) => view[key] !== value)) store.look(changes);
}

/** Everything stands still: remember the step, and tell it to those who cannot see it. */
const rest = debounce(() => {
  asking?.rest();
  const result = store.get().session[isLab() ? "lab" : "result"];
  if (clock.playing || !result) return;
  remember();
  const endings = result.variants.slice(0, MAX_SHOWN).map((run) => `${run.name}: ${run.outcome?.sentence ?? ""}`);
  page.announcer.textContent = `Paused at step ${clock.step} of ${clock.last}. ${clock.atEnd && !present().session.hide.includes("outcomes") ? endings.join(" ") : ""}`;
  upgrade.soon();
}, 250);

/** What asks before it plays comes with the first link that does. @type {any} */
let asking = null;

/** @param {any} document */
async function pose(document) {
  if (!document.question && !asking) return;
  asking ??= await (await import("./asking.js")).createAsking({ store, playback });
  asking.pose(document);
}

/** Open what the address asks for: when the page loads, and when the history moves. @param {boolean} [first] */
async function open(first = false) {
  body.classList.toggle("is-opening", first && isLink(location));
  const { document, remarks, preset = history.state?.preset ?? null } = await readAddress(location, questions, store.settled()).finally(() => body.classList.remove("is-opening"));
  whenShown = first && document.view.step === 0 && !document.view.paused ? playsByItself() : "seek";
  playback.pause();
  await pose(document).catch(() => remarks.push("The question of this link could not be fetched and is not asked."));
  store.note({ remarks, preset, unveiled: false });
  store.load(document);
}

/** Open what was brought: the text of a file, or a link. Throws an Error with a sentence where it holds no comparison. @param {string | File} text */
async function openText(text) {
  const { readIncoming } = await import("./incoming.js");
  const { document, remarks } = await readIncoming(text, questions);
  whenShown = playsByItself();
  await pose(document);
  store.note({ remarks, unveiled: false });
  edit(() => document);
}

for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, async (event) => {
    const transfer = /** @type {DragEvent} */ (event).dataTransfer;
    if (!transfer?.types.includes("Files")) return;
    event.preventDefault();
    const file = name === "drop" ? transfer.files[0] : null;
    if (file) await openText(file).catch((error) => store.note({ remarks: [error.message] }));
  });
}

for (const query of [prefersDark, reducedMotion]) query.addEventListener("change", render);
window.addEventListener("online", () => client.retryNow());
window.addEventListener("pointerup", () => setTimeout(() => compare.release()));
new ResizeObserver(() => isLab() && lab.measure()).observe(page.labRoot);
new ResizeObserver(() => shownTab() === "map" && map.measure()).observe(page.mapRoot);
questions.catalog().then((catalog) => store.note({ catalog }));
open(true);

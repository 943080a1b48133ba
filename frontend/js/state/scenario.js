// @ts-check
/** The document and pure changes of it: every function takes a document and returns a new one. */

/**
 * @typedef {"compare" | "recurrent" | "map"} Tab
 * @typedef {{kind: string, params: Record<string, any>}} Choice
 * @typedef {Choice & {position?: "before" | "after"}} Clip
 * @typedef {{name: string, clip: Clip, optimizer?: Choice, schedule?: Choice}} Variant
 * @typedef {{problem: Choice, start: number[] | null, optimizer: Choice, schedule: Choice, noise: Choice, weight_decay: Choice,
 *   n_steps: number, seed: number, variants: Variant[], task?: Choice, init?: Choice}} Experiment `task` and `init`: networks only
 * @typedef {{eye: any, center?: any, up?: any}} Camera
 * @typedef {{tab: Tab, surface: "contour" | "surface", step: number, speed: number, theme: "auto" | "light" | "dark",
 *   hide: string[], camera: Camera | null, plane?: Choice | null, slow?: true, paused?: true, map?: import("./map.js").MapView}} View  `slow` and
 *   `paused` are there only where they are on
 * @typedef {{version: 1, experiment: Experiment, view: View, meta?: {title?: string, note?: string}, question?: import("./question.js").Question}} Document
 */

export const VERSION = 1;
export const MAX_SHOWN = 4;
export const MAX_STEPS = 5000;
export const MAX_SEED = 2 ** 32 - 1;
export const MAX_NAME = 60;

/** Families of the document: the key of the experiment and the list of the catalogue. */
export const FAMILIES = Object.freeze({
  problem: "problems", clip: "clippers", optimizer: "optimizers", schedule: "schedules", noise: "noises", weight_decay: "weight_decays",
  task: "tasks", init: "inits",
});

/** What a network is trained on and where it begins, when nothing is said. */
const TRAINING = Object.freeze({ task: "adding", init: "uniform" });

const choice = (kind) => ({ kind, params: {} });

/** What is shown when no link says otherwise: the cliff, without clipping and with the two best known rules. @returns {Document} */
export function defaultDocument() {
  return {
    version: VERSION,
    experiment: {
      problem: choice("cliff"), start: null, optimizer: choice("sgd"), schedule: choice("constant"), noise: choice("none"),
      weight_decay: choice("none"), n_steps: 300, seed: 0,
      variants: [
        { name: "No clipping", clip: { ...choice("none"), position: "before" } },
        { name: "Norm", clip: { ...choice("norm"), position: "before" } },
        { name: "Value", clip: { ...choice("value"), position: "before" } },
      ],
    },
    view: defaultView(),
  };
}

/** @returns {View} */
export function defaultView() {
  return { tab: "compare", surface: "contour", step: 0, speed: 1, theme: "auto", hide: [], camera: null };
}

/** A copy of plain data in which the value at `path` is replaced. @param {any} data @param {(string | number)[]} path */
export function setIn(data, path, value) {
  if (path.length === 0) return value;
  const [key, ...rest] = path;
  const copy = Array.isArray(data) ? [...data] : { ...data };
  copy[key] = setIn(data?.[key], rest, value);
  return copy;
}

/** @param {any} data @param {(string | number)[]} path */
export function getIn(data, path) {
  return path.reduce((level, key) => level?.[key], data);
}

/** @param {Document} document @param {(string | number)[]} path @returns {Document} */
export function withExperiment(document, path, value) {
  return { ...document, experiment: setIn(document.experiment, path, value) };
}

/** A change to undefined takes the key away. @param {Document} document @param {Partial<View>} changes @returns {Document} */
export function withView(document, changes) {
  const view = Object.entries({ ...document.view, ...changes }).filter(([, value]) => value !== undefined);
  return { ...document, view: /** @type {View} */ (Object.fromEntries(view)) };
}

/** Another landscape: its own parameters and its own start. @param {Document} document @param {string} kind */
export function withProblem(document, kind) {
  const experiment = { ...document.experiment, problem: choice(kind), start: null };
  return { ...document, experiment, view: { ...document.view, step: 0, camera: null } };
}

/** Another kind in a family that all variants share; a learning rate that both have is kept. */
export function withKind(document, family, kind) {
  const old = document.experiment[family];
  const kept = family === "optimizer" && old.params.learning_rate !== undefined ? { learning_rate: old.params.learning_rate } : {};
  return withExperiment(document, [family], { kind, params: kept });
}

/** Entry of the catalogue for a choice. @param {any} catalog @param {string} family @param {string} kind */
export function entryOf(catalog, family, kind) {
  return catalog?.[FAMILIES[family]]?.find((entry) => entry.kind === kind);
}

/** @param {Document} document @param {any} catalog */
export function isNetwork({ experiment }, catalog) {
  return entryOf(catalog, "problem", experiment.problem.kind)?.traits.group === "network";
}

/** The map is of anything; networks have a tab of their own. @param {Document} document @param {any} catalog @returns {Tab} */
export function tabOf(document, catalog) {
  const known = entryOf(catalog, "problem", document.experiment.problem.kind);
  if (!known || document.view.tab === "map") return document.view.tab;
  return isNetwork(document, catalog) ? "recurrent" : "compare";
}

/** The choice with every missing parameter filled in. */
export function filledChoice(catalog, family, given) {
  const entry = entryOf(catalog, family, given.kind);
  if (!entry) return given;
  const params = Object.fromEntries(entry.parameters.map((p) => [p.name, given.params?.[p.name] ?? p.default]));
  return { ...given, params };
}

/** The document with every default of the catalogue written out, so that a changed default cannot change a link. */
export function filled(document, catalog) {
  if (!catalog) return document;
  const { experiment } = document;
  const tab = tabOf(document, catalog);
  const training = isNetwork(document, catalog) ? Object.entries(TRAINING) : [];
  const shared = Object.fromEntries(
    ["problem", "optimizer", "schedule", "noise", "weight_decay"].map((key) => [key, filledChoice(catalog, key, experiment[key])]),
  );
  for (const [key, kind] of training) shared[key] = filledChoice(catalog, key, experiment[key] ?? choice(kind));
  const variants = experiment.variants.map((variant) => ({
    ...variant,
    clip: { position: "before", ...filledChoice(catalog, "clip", variant.clip) },
    ...(variant.optimizer ? { optimizer: filledChoice(catalog, "optimizer", variant.optimizer) } : {}),
    ...(variant.schedule ? { schedule: filledChoice(catalog, "schedule", variant.schedule) } : {}),
  }));
  return { ...document, experiment: { ...experiment, ...shared, variants }, view: { ...document.view, tab } };
}

/** What is remembered of a preset that is opened: its words, and the experiment that they are about. @param {{title: string, idea: string}} preset @param {Experiment} experiment */
export const madeInto = ({ title, idea }, experiment) => ({ title, idea, experiment });

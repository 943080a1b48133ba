// @ts-check
/** Reading a document that came from outside: what fits is taken, what does not is replaced, and every change is told. */

import { LinkError } from "./link.js";
import { readMap } from "./map.js";
import { readQuestion } from "./question.js";
import { MAX_NAME, MAX_SEED, MAX_STEPS, VERSION, defaultDocument, defaultView, entryOf, filled } from "./scenario.js";
import { freeName } from "./variants.js";

const MAX_VARIANTS = 16;
const LARGEST = 1e6;
const MAX_META = { title: 120, note: 500 };
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/**
 * @param {unknown} data plain JSON @param {any} catalog
 * @returns {{document: import("./scenario.js").Document, remarks: string[]}}
 */
export function readDocument(data, catalog) {
  if (!isObject(data)) throw new LinkError("This link does not hold a comparison.");
  const given = /** @type {any} */ (data);
  const version = given.version ?? VERSION;
  if (Number.isInteger(version) && version > VERSION) throw new LinkError("This link was made by a newer version of Clipscape.");
  if (version !== VERSION || !isObject(given.experiment)) throw new LinkError("This link does not hold a comparison.");
  const remarks = [];
  const experiment = readExperiment(given.experiment, catalog, remarks);
  const view = readView(isObject(given.view) ? given.view : {}, remarks);
  const meta = readMeta(given.meta, remarks);
  const question = readQuestion(given.question, experiment);
  if (given.question !== undefined && !question) remarks.push("The question of this link could not be read and is not asked.");
  unknownKeys(given, ["version", "experiment", "view", "meta", "question"], remarks);
  return { document: filled({ version: VERSION, experiment, view, ...(meta ? { meta } : {}), ...(question ? { question } : {}) }, catalog), remarks };
}

function readExperiment(given, catalog, remarks) {
  const base = defaultDocument().experiment;
  const read = (family) => readChoice(given[family] ?? base[family], family, catalog, remarks);
  const problem = read("problem");
  if (!problem) throw new LinkError("This link uses a landscape that this server does not know.");
  const entry = entryOf(catalog, "problem", problem.kind);
  const training = entry.traits.group === "network" ? ["task", "init"].filter((family) => given[family]) : [];
  unknownKeys(given, [...Object.keys(base), ...training], remarks);
  const dim = entry.window?.length ?? 2;
  const chosen = training.map((family) => [family, read(family)]).filter(([, choice]) => choice);
  return {
    ...Object.fromEntries(chosen),
    problem,
    start: readStart(given.start, dim, remarks),
    optimizer: read("optimizer") ?? base.optimizer,
    schedule: read("schedule") ?? base.schedule,
    noise: read("noise") ?? base.noise,
    weight_decay: read("weight_decay") ?? base.weight_decay,
    n_steps: readWhole(given.n_steps, base.n_steps, 1, MAX_STEPS, "The number of steps", remarks),
    seed: readWhole(given.seed, base.seed, 0, MAX_SEED, "The seed", remarks),
    variants: readVariants(given.variants, catalog, remarks),
  };
}

/** A known kind with acceptable parameters, or null where the kind is unknown. */
export function readChoice(given, family, catalog, remarks) {
  const entry = isObject(given) && typeof given.kind === "string" ? entryOf(catalog, family, given.kind) : null;
  if (!entry) {
    remarks.push(`An unknown ${family.replace("_", " ")} was replaced.`);
    return null;
  }
  const params = {};
  for (const [name, value] of Object.entries(isObject(given.params) ? given.params : {})) {
    const parameter = entry.parameters.find((candidate) => candidate.name === name);
    if (parameter && accepts(parameter, value)) params[name] = value;
    else remarks.push(parameter ? `${parameter.label} was out of range and has its default.` : `An unknown parameter of ${entry.label} was left out.`);
  }
  return { kind: entry.kind, params };
}

/** Whether the catalogue accepts this value. */
export function accepts(parameter, value) {
  if (parameter.type === "bool") return typeof value === "boolean";
  if (parameter.type === "choice") return parameter.choices.includes(value);
  if (!isNumber(value) || (parameter.type === "int" && !Number.isInteger(value))) return false;
  return value >= (parameter.low ?? -Infinity) && value <= (parameter.high ?? Infinity);
}

function readStart(given, dim, remarks) {
  if (given === undefined || given === null) return null;
  const fits = Array.isArray(given) && given.length === dim && given.every((x) => isNumber(x) && Math.abs(x) <= LARGEST);
  if (!fits) remarks.push("The start did not fit the landscape and has its default.");
  return fits ? [...given] : null;
}

function readWhole(given, fallback, low, high, label, remarks) {
  if (given === undefined) return fallback;
  if (Number.isInteger(given) && given >= low && given <= high) return given;
  remarks.push(`${label} was out of range and has its default.`);
  return fallback;
}

function readVariants(given, catalog, remarks) {
  if (!Array.isArray(given) || given.length === 0) {
    remarks.push("The list of variants was replaced.");
    return defaultDocument().experiment.variants;
  }
  if (given.length > MAX_VARIANTS) remarks.push(`Only the first ${MAX_VARIANTS} variants were taken.`);
  const variants = [];
  for (const item of given.slice(0, MAX_VARIANTS)) {
    const variant = isObject(item) ? readVariant(item, catalog, remarks) : null;
    if (variant) variants.push({ ...variant, name: freeName(variants, variant.name) });
  }
  return variants.length ? variants : defaultDocument().experiment.variants;
}

function readVariant(given, catalog, remarks) {
  const clip = readChoice(given.clip, "clip", catalog, remarks);
  if (!clip) return null;
  unknownKeys(given, ["name", "clip", "optimizer", "schedule"], remarks);
  const positions = entryOf(catalog, "clip", clip.kind).traits.positions ?? ["before", "after"];
  const position = positions.includes(given.clip.position) ? given.clip.position : positions[0];
  const own = {};
  for (const family of ["optimizer", "schedule"]) {
    const choice = given[family] ? readChoice(given[family], family, catalog, remarks) : null;
    if (choice) own[family] = choice;
  }
  return { name: readName(given.name) || entryOf(catalog, "clip", clip.kind).label, clip: { ...clip, position }, ...own };
}

const readName = (given) => readText(given, MAX_NAME);

function readText(given, most) {
  return typeof given === "string" ? given.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, " ").trim().slice(0, most) : "";
}

/** Title and note, as text of bounded length; null where there is neither. */
function readMeta(given, remarks) {
  if (given === undefined) return null;
  const texts = Object.entries(MAX_META).map(([key, most]) => [key, isObject(given) ? readText(given[key], most) : ""]).filter(([, text]) => text);
  if (!isObject(given)) remarks.push("The title of this link could not be read.");
  return texts.length ? Object.fromEntries(texts) : null;
}

const VIEW_CHECKS = {
  tab: (value) => ["compare", "recurrent", "map"].includes(value),
  surface: (value) => value === "contour" || value === "surface",
  step: (value) => Number.isInteger(value) && value >= 0 && value <= MAX_STEPS,
  speed: (value) => isNumber(value) && value >= 0.01 && value <= 100,
  theme: (value) => ["auto", "light", "dark"].includes(value),
  hide: (value) => Array.isArray(value) && value.length <= 64 && value.every((name) => typeof name === "string" && /^[a-z_]{1,60}$/.test(name)),
  camera: (value) => value === null || isCamera(value),
  slow: (value) => typeof value === "boolean",
  paused: (value) => typeof value === "boolean",
  plane: (value) => value === null || isObject(value) && typeof value.kind === "string" && isObject(value.params ?? {}),
  map: (value) => value === null || readMap(value) !== null,
};

function isCamera(value) {
  const isAxis = (axis) => isObject(axis) && ["x", "y", "z"].every((key) => isNumber(axis[key]) && Math.abs(axis[key]) <= 100);
  return isObject(value) && isAxis(value.eye) && [value.center, value.up].every((axis) => axis === undefined || isAxis(axis));
}

/** @returns {import("./scenario.js").View} */
export function readView(given, remarks) {
  const view = defaultView();
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(VIEW_CHECKS, key) || !VIEW_CHECKS[key](value)) remarks.push(`A part of the view (${Object.hasOwn(VIEW_CHECKS, key) ? key : "unknown"}) was left out.`);
    else if (value !== false) view[key] = key === "map" ? readMap(value) ?? undefined : value;
  }
  return withoutAbsent(view);
}

/** @template {object} T @param {T} data @returns {T} */
const withoutAbsent = (data) => /** @type {T} */ (Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)));

function unknownKeys(given, known, remarks) {
  if (Object.keys(given).some((key) => !known.includes(key))) remarks.push("Parts of the link that this version does not know were left out.");
}


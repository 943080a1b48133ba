// @ts-check
/** Links that people write by hand: `?preset=pascanu-wall&learning_rate=0.2&threshold=1&hide=optimizer`. */

import { readNumber, typed } from "../lib/format.js";
import { same } from "./canonical.js";
import { readMap, withMap } from "./map.js";
import { readQuestion } from "./question.js";
import { accepts, readView } from "./reading.js";
import { defaultRecurrent, networksOf, ownerOf, withPart } from "./recurrent.js";
import { MAX_SEED, MAX_STEPS, defaultDocument, entryOf, filled, filledChoice, isNetwork, madeInto, withExperiment, withKind, withProblem, withView } from "./scenario.js";
import { freeName, sharesThreshold, thresholds, withThreshold } from "./variants.js";

const SHARED = ["problem", "optimizer", "schedule", "noise", "weight_decay"];
const PARTS = ["task", "init"];

/** Keys that a readable link may have, in the order in which they act. */
const READERS = {
  tab: (document, text) => (text === document.view.tab ? document : text === "map" ? withView(document, { tab: text }) : null),
  problem: kindReader("problem"),
  task: kindReader("task"),
  init: kindReader("init"),
  optimizer: kindReader("optimizer"),
  schedule: kindReader("schedule"),
  noise: kindReader("noise"),
  weight_decay: kindReader("weight_decay"),
  clips: readClips,
  learning_rate: (document, text, catalog) => readParameter(document, "optimizer", "learning_rate", text, catalog),
  threshold: readThreshold,
  start: readStart,
  n_steps: (document, text) => readWhole(document, "n_steps", text, 1, MAX_STEPS),
  seed: (document, text) => readWhole(document, "seed", text, 0, MAX_SEED),
  surface: viewReader("surface", String),
  step: viewReader("step", readNumber),
  speed: viewReader("speed", readNumber),
  theme: viewReader("theme", String),
  slow: viewReader("slow", readSwitch),
  paused: viewReader("paused", readSwitch),
  hide: viewReader("hide", (text) => text.split(",").map((name) => name.trim())),
  x: mapReader("x", readAxis),
  y: mapReader("y", readAxis),
  resolution: mapReader("resolution", readNumber),
  seeds: mapReader("seeds", readNumber),
  measure: mapReader("measure", String),
  ask: readAsked,
};

/**
 * The document that a query describes, a remark for everything that could not be used, and the preset if it is shown as it was made.
 * @param {string} search @param {any} catalog @param {any[]} presets
 */
export function expandQuery(search, catalog, presets) {
  const query = new URLSearchParams(search.slice(0, 4096));
  const remarks = [];
  const preset = presets.find(({ name }) => name === query.get("preset"));
  const base = filled(baseOf(query, preset, remarks, catalog), catalog);
  let document = base;
  query.delete("preset");
  for (const [key, reader] of Object.entries(READERS)) {
    const text = query.get(key);
    query.delete(key);
    if (text !== null) document = applied(reader, document, text, catalog, key, remarks);
  }
  for (const [key, text] of query) {
    const [family, name] = key.split(".");
    const named = [...SHARED, ...PARTS].includes(family) && name !== undefined;
    const [owner, parameter] = named ? [family, name] : [bareOwner(document, key, catalog), key];
    const reader = owner ? (now, words) => readParameter(now, owner, parameter, words, catalog) : () => null;
    document = applied(reader, document, text, catalog, key, remarks, Boolean(owner));
  }
  document = filled(document, catalog);
  return { document, remarks, preset: preset && same(document.experiment, base.experiment) ? madeInto(preset, document.experiment) : null };
}

/** Networks have parameters enough to be named without their family: `hidden_size=32`. */
function bareOwner(document, key, catalog) {
  return isNetwork(document, catalog) ? ownerOf(document, key, catalog) : null;
}

function baseOf(query, preset, remarks, catalog) {
  if (query.has("preset") && !preset) remarks.push("There is no preset of that name; this is the default comparison.");
  const network = networksOf(catalog).some((entry) => entry.kind === query.get("problem"));
  const base = query.get("tab") === "recurrent" || network ? defaultRecurrent() : defaultDocument();
  return preset ? { ...base, ...preset.scenario, view: { ...base.view, ...preset.scenario.view } } : base;
}

function applied(reader, document, text, catalog, key, remarks, known = true) {
  const changed = reader(document, text, catalog);
  if (!changed) remarks.push(known ? `The link's ${shown(key)} could not be used.` : `${key ? `The link's "${shown(key)}"` : "A part of the link"} is not known here.`);
  return changed ? filled(changed, catalog) : document;
}

/** What somebody typed as plain text: printable ASCII, at most 40 characters. @param {string} text */
function shown(text) {
  const plain = text.replace(/[^ -~]/gu, "?");
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}

function kindReader(family) {
  return (document, text, catalog) => {
    if (!entryOf(catalog, family, text)) return null;
    const now = document.experiment[family];
    if (!now) return null;
    if (now.kind === text) return document;
    if (isNetwork(document, catalog) && ["problem", ...PARTS].includes(family)) return networkPart(document, family, text, catalog);
    return family === "problem" ? withProblem(document, text) : withKind(document, family, text);
  };
}

/** In the Recurrent tab a landscape is no choice. */
function networkPart(document, family, kind, catalog) {
  const known = family !== "problem" || networksOf(catalog).some((entry) => entry.kind === kind);
  return known ? withPart(document, family, kind, catalog) : null;
}

function viewReader(key, read) {
  return (document, text) => {
    const remarks = [];
    const view = readView({ [key]: read(text) }, remarks);
    return remarks.length ? null : withView(document, { [key]: view[key] });
  };
}

/** Only the Map tab has these. */
function mapReader(key, read) {
  return (document, text) => {
    const map = readMap({ ...document.view.map, [key]: read(text) });
    return map && document.view.tab === "map" ? withMap(document, map) : null;
  };
}

/** `outcome`, `outcome,2` (the second variant), `lowest_loss` or `first`. */
function readAsked(document, text) {
  const [about, ...rest] = text.split(",");
  const ofVariant = about === "outcome";
  if (about === "own" || (!ofVariant && rest.join(""))) return null;
  const question = readQuestion({ about, ...(ofVariant ? { variant: readNumber(rest.join(",") || "1") - 1 } : {}) }, document.experiment);
  return question ? { ...document, question } : null;
}

/** What a readable link can ask; null where only a long link can. */
const askedText = ({ about, variant, text, choices }) => (text || choices ? null : about === "outcome" ? `outcome,${variant + 1}` : about);

/** `variants.*.threshold,0.01,100`, and `,linear` where it is not logarithmic. */
function readAxis(text) {
  const [path, low, high, ...scale] = text.split(",").map((part) => part.trim());
  return { path, low: readNumber(low ?? ""), high: readNumber(high ?? ""), ...(scale.length ? { scale: scale.join() } : {}) };
}

/** `&slow` alone switches on. */
function readSwitch(text) {
  return text === "" || text === "true" ? true : text === "false" ? false : text;
}

function readClips(document, text, catalog) {
  const entries = text.split(",").slice(0, 16).map((kind) => entryOf(catalog, "clip", kind.trim()));
  if (entries.some((entry) => !entry)) return null;
  const variants = [];
  for (const entry of entries) {
    const position = (entry.traits.positions ?? ["before"])[0];
    variants.push({ name: freeName(variants, entry.label), clip: { kind: entry.kind, params: {}, position } });
  }
  return withExperiment(document, ["variants"], variants);
}

function readParameter(document, family, name, text, catalog) {
  const parameter = entryOf(catalog, family, document.experiment[family]?.kind)?.parameters.find((p) => p.name === name);
  if (!parameter) return null;
  const value = parameter.type === "bool" ? readSwitch(text) : readNumber(text);
  const usable = parameter.type === "choice" ? parameter.choices.find((choice) => String(choice) === text) : value;
  return accepts(parameter, usable) ? withExperiment(document, [family, "params", name], usable) : null;
}

function readThreshold(document, text, catalog) {
  const value = readNumber(text);
  const fits = thresholds(document, catalog).every(({ parameter }) => accepts(parameter, value));
  return fits ? withThreshold(document, value, catalog) : null;
}

function readStart(document, text) {
  const start = text.split(",").map(readNumber);
  const fits = start.length === 2 && start.every((x) => Math.abs(x) <= 1e6);
  return fits ? withExperiment(document, ["start"], start) : null;
}

function readWhole(document, key, text, low, high) {
  const value = readNumber(text);
  return Number.isInteger(value) && value >= low && value <= high ? withExperiment(document, [key], value) : null;
}

/**
 * The shortest readable link that leads to exactly this experiment, or null when there is none.
 * @param {any} document @param {any} catalog @param {any[]} presets @returns {string | null}
 */
export function composeQuery(document, catalog, presets) {
  if (document.question && askedText(document.question) === null) return null;
  const bases = [null, ...presets.map((preset) => preset.name)];
  const links = bases.map((preset) => composed(document, catalog, presets, preset)).filter((link) => link !== null);
  return links.sort((left, right) => left.length - right.length)[0] ?? null;
}

function composed(document, catalog, presets, preset) {
  const query = new URLSearchParams();
  const { tab, map } = document.view;
  if (preset) query.set("preset", preset);
  if (tab === "map") query.set("tab", tab);
  if (tab === "map" && !preset && isNetwork(document, catalog)) query.set("problem", document.experiment.problem.kind);
  else if (!preset && tab === "recurrent") query.set("tab", tab);
  const base = expandQuery(`?${query}`, catalog, presets).document;
  for (const [key, text] of differences(base, document, catalog)) query.set(key, text);
  const expanded = expandQuery(`?${query}`, catalog, presets).document;
  const start = document.experiment.start;
  const reached = expanded.experiment.start === null ? { ...expanded.experiment, start: defaultStart(document, catalog) } : expanded.experiment;
  if (!same({ ...reached, start: reached.start ?? start }, document.experiment)) return null;
  if (document.view.hide.length) query.set("hide", document.view.hide.join(","));
  if (document.view.surface !== base.view.surface) query.set("surface", document.view.surface);
  if (document.view.slow) query.set("slow", "");
  if (tab === "map") for (const [key, value] of Object.entries(map ?? {})) query.set(key, typeof value === "object" ? axisText(value) : text(value));
  if (document.question) query.set("ask", askedText(document.question) ?? "");
  const words = query.toString().replace(/%2C/g, ",").replace(/=(?=&|$)/g, "");
  return words ? `?${words}` : "";
}

const axisText = ({ path, low, high, scale }) => [path, text(low), text(high), ...(scale ? [scale] : [])].join(",");

function defaultStart(document, catalog) {
  const start = entryOf(catalog, "problem", document.experiment.problem.kind)?.start;
  return start?.length ? start : null;
}

function differences(base, document, catalog) {
  const [from, to] = [base.experiment, document.experiment];
  const found = [];
  const recurrent = isNetwork(document, catalog);
  if (recurrent !== isNetwork(base, catalog)) return found;
  for (const family of [...SHARED, ...(recurrent ? PARTS : [])]) {
    if (from[family].kind !== to[family].kind) found.push([family, to[family].kind]);
    const before = paramsBefore(base, document, family, catalog);
    for (const [name, value] of Object.entries(to[family].params)) {
      const bare = name === "learning_rate" || (recurrent && ownerOf(document, name, catalog) === family);
      if (before[name] !== value) found.push([bare ? name : `${family}.${name}`, text(value)]);
    }
  }
  const start = from.start ?? defaultStart(document, catalog);
  if (to.start && !same(start, to.start)) found.push(["start", to.start.map(text).join(",")]);
  if (from.n_steps !== to.n_steps) found.push(["n_steps", text(to.n_steps)]);
  if (from.seed !== to.seed) found.push(["seed", text(to.seed)]);
  const kinds = (experiment) => experiment.variants.map((variant) => variant.clip.kind).join(",");
  if (kinds(from) !== kinds(to)) found.push(["clips", kinds(to)]);
  const all = thresholds(document, catalog);
  if (all.length && sharesThreshold(document, catalog)) found.push(...sharedThreshold(base, document, all[0].value, catalog));
  return found;
}

function sharedThreshold(base, document, value, catalog) {
  const before = thresholds({ ...base, experiment: { ...base.experiment, variants: document.experiment.variants.map((v, i) => base.experiment.variants[i] ?? v) } }, catalog);
  return before.some((threshold) => threshold.value !== value) || before.length === 0 ? [["threshold", text(value)]] : [];
}

/** The parameters that a link has before it says any: those of the base, or of a new kind its defaults and what it keeps. */
function paramsBefore(base, document, family, catalog) {
  const { kind } = document.experiment[family];
  if (base.experiment[family].kind === kind) return base.experiment[family].params;
  if (isNetwork(document, catalog) && ["problem", ...PARTS].includes(family)) return withPart(base, family, kind, catalog).experiment[family].params;
  return filledChoice(catalog, family, { kind, params: {} }).params;
}

function text(value) {
  return typeof value === "number" && Number(typed(value)) === value ? typed(value) : String(value);
}

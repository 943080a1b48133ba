// @ts-check
/** Pure changes of the list of variants, and the threshold that they may share. */

import { MAX_SHOWN, entryOf, withExperiment } from "./scenario.js";

/** @typedef {import("./scenario.js").Document} Document */

/** @param {Document} document @param {any[]} variants @returns {Document} */
function withVariants(document, variants) {
  return withExperiment(document, ["variants"], variants);
}

/** A name that no other variant has: "Norm", "Norm 2", ... @param {any[]} variants @param {string} wish */
export function freeName(variants, wish, except = -1) {
  const taken = new Set(variants.filter((_, index) => index !== except).map((variant) => variant.name));
  let name = wish.slice(0, 56);
  for (let copy = 2; taken.has(name); copy += 1) name = `${wish.slice(0, 56)} ${copy}`;
  return name;
}

/** Add the first rule that is not shown yet. @param {Document} document */
export function addVariant(document, catalog) {
  const { variants } = document.experiment;
  if (variants.length >= MAX_SHOWN) return document;
  const shown = new Set(variants.map((variant) => variant.clip.kind));
  const usable = catalog.clippers.filter((entry) => !entry.traits.per_example);
  const entry = usable.find((candidate) => !shown.has(candidate.kind)) ?? usable[0];
  const added = { name: freeName(variants, entry.label), clip: { kind: entry.kind, params: thresholdFor(document, entry, catalog), position: "before" } };
  return withVariants(document, [...variants, added]);
}

/** @param {Document} document @param {number} index */
export function removeVariant(document, index) {
  const { variants } = document.experiment;
  return variants.length > 1 ? withVariants(document, variants.filter((_, place) => place !== index)) : document;
}

/** @param {Document} document @param {number} index @param {-1 | 1} direction */
export function moveVariant(document, index, direction) {
  const variants = [...document.experiment.variants];
  const target = index + direction;
  if (target < 0 || target >= variants.length) return document;
  [variants[index], variants[target]] = [variants[target], variants[index]];
  return withVariants(document, variants);
}

/** @param {Document} document @param {number} index @param {string} name */
export function renameVariant(document, index, name) {
  const clean = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ").trim().slice(0, 60);
  if (!clean) return document;
  return withExperiment(document, ["variants", index, "name"], freeName(document.experiment.variants, clean, index));
}

/** Another rule for a variant; a name that was the old rule's label follows, the threshold is kept. */
export function withRule(document, index, kind, catalog) {
  const variant = document.experiment.variants[index];
  const [old, entry] = [entryOf(catalog, "clip", variant.clip.kind), entryOf(catalog, "clip", kind)];
  const named = old && variant.name.replace(/ \d+$/, "") === old.label;
  const name = named ? freeName(document.experiment.variants, entry.label, index) : variant.name;
  const positions = entry.traits.positions ?? ["before", "after"];
  const position = positions.includes(variant.clip.position) ? variant.clip.position : positions[0];
  const clip = { kind, params: thresholdFor(document, entry, catalog, index), position };
  return withExperiment(document, ["variants", index], { ...variant, name, clip });
}

/** The name of the threshold parameter of a rule, or null. */
export function thresholdName(catalog, kind) {
  return entryOf(catalog, "clip", kind)?.parameters.find((p) => p.role === "threshold")?.name ?? null;
}

/** Thresholds of all variants that have one: [{index, name, rule, parameter, value}]. */
export function thresholds(document, catalog) {
  return document.experiment.variants.flatMap((variant, index) => {
    const name = thresholdName(catalog, variant.clip.kind);
    if (!name) return [];
    const { label: rule, parameters } = entryOf(catalog, "clip", variant.clip.kind);
    const parameter = parameters.find((p) => p.name === name);
    return [{ index, name, rule, parameter, value: variant.clip.params[name] ?? parameter.default }];
  });
}

/** What the thresholds limit: a sentence that holds for all rules, or one for each. @param {ReturnType<typeof thresholds>} all */
export function thresholdHelp(all) {
  const told = new Map(all.map(({ rule, parameter }) => [rule, parameter.help]));
  const alike = new Set(told.values()).size === 1;
  return alike ? all[0].parameter.help : [...told].map(([rule, help]) => `${rule}: ${help}`).join(" ");
}

/** Start a new rule at the threshold that is in use. */
function thresholdFor(document, entry, catalog, index = -1) {
  const name = entry.parameters.find((p) => p.role === "threshold")?.name;
  const all = thresholds(document, catalog);
  const used = all.find((threshold) => threshold.index === index) ?? all[0];
  return name && used ? { [name]: used.value } : {};
}

/** Set the threshold of every variant that has one. @param {Document} document @param {number} value */
export function withThreshold(document, value, catalog) {
  return thresholds(document, catalog).reduce(
    (changed, { index, name }) => withExperiment(changed, ["variants", index, "clip", "params", name], value),
    document,
  );
}

/** Whether all thresholds are equal, so that one slider can speak for them. */
export function sharesThreshold(document, catalog) {
  const values = thresholds(document, catalog).map((threshold) => threshold.value);
  return values.every((value) => value === values[0]);
}

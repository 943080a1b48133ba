// @ts-check
/** Numbers of an experiment by their dotted path, as axes name them: whom they belong to, what they are, and setting them. Fetched with the Map tab. */

import { entryOf, getIn, isNetwork, withExperiment } from "./scenario.js";

const SHARED = ["optimizer", "schedule", "noise", "weight_decay"];
const ALONE = ["problem", "task", "init"];
const ROLES = { threshold: "clip", learning_rate: "optimizer" };

/** @typedef {{variant: number, place: (string | number)[], own: boolean, usual: number | null}} Target a number of one variant; `own`: it would need a
 *   choice of its own for it; `usual`: what the catalogue has for it */

/**
 * The numbers that a path leads to, one for each variant that has it. @param {any} document with every default written out @param {any} catalog
 * @param {string} path @returns {Target[]}
 */
export function targetsOf(document, catalog, path) {
  const { variants } = document.experiment;
  const everyone = variants.map((_, variant) => variant);
  const [family, second, third, ...rest] = path.split(".");
  if (path === "seed") return everyone.map((variant) => ({ variant, place: ["seed"], own: false, usual: 0 }));
  if (family === "start") return everyone.map((variant) => ({ variant, place: ["start", Number(second)], own: false, usual: null }));
  if ([...ALONE, ...SHARED].includes(family)) return everyone.filter((variant) => !variants[variant][family]).flatMap((variant) => named(document, catalog, variant, [family, second, third]));
  const chosen = family === "variants" ? everyone.filter((variant) => second === "*" || second === String(variant)) : [];
  if (ROLES[third]) return chosen.flatMap((variant) => withRole(document, catalog, variant, third, second === "*"));
  return chosen.flatMap((variant) => named(document, catalog, variant, ["variants", variant, third, ...rest]));
}

/** A number by its name, where its kind has one of that name. */
function named(document, catalog, variant, place, own = false) {
  const [family, params, name] = place.slice(-3);
  const choice = own ? document.experiment[family] : getIn(document.experiment, place.slice(0, -2));
  const parameter = choice && params === "params" && entryOf(catalog, family, choice.kind)?.parameters.find((candidate) => candidate.name === name);
  return parameter && typeof parameter.default === "number" ? [{ variant, place, own, usual: parameter.default }] : [];
}

/** The threshold or the learning rate of a variant, whatever its rule or optimizer calls it. */
function withRole(document, catalog, variant, role, everyone) {
  const family = ROLES[role];
  const own = document.experiment.variants[variant][family];
  const { kind } = own ?? document.experiment[family];
  const name = entryOf(catalog, family, kind)?.parameters.find((parameter) => parameter.role === role)?.name;
  const place = own || !everyone ? ["variants", variant, family, "params", name] : [family, "params", name];
  return named(document, catalog, variant, place, !own && !everyone);
}

/** What a variant has at a path, or null where the path does not concern it. @returns {number | null} */
export function numberAt(document, catalog, path, variant) {
  const target = targetsOf(document, catalog, path).find((candidate) => candidate.variant === variant);
  if (!target) return null;
  const place = target.own ? target.place.slice(2) : target.place;
  const value = place[0] === "start" ? (document.experiment.start ?? startOf(document, catalog))?.[place[1]] : getIn(document.experiment, place);
  return typeof value === "number" ? value : null;
}

function startOf(document, catalog) {
  return entryOf(catalog, "problem", document.experiment.problem.kind)?.start ?? null;
}

/** The document with the number that a path leads to set, for every variant that it concerns. @param {number | null} value null: what is usual */
export function withNumber(document, catalog, path, value) {
  return targetsOf(document, catalog, path).reduce((changed, { variant, place, own, usual }) => {
    const number = value ?? usual;
    if (number === null) return changed;
    if (own) return withOwn(changed, variant, place, number);
    if (place[0] !== "start") return withExperiment(changed, place, number);
    const start = [...(changed.experiment.start ?? startOf(changed, catalog))];
    start[Number(place[1])] = number;
    return withExperiment(changed, ["start"], start);
  }, document);
}

/** A variant that shared a choice gets a copy of it, with its own number. */
function withOwn(document, variant, [, , family, ...rest], value) {
  const shared = document.experiment[family];
  const copied = withExperiment(document, ["variants", variant, family], { ...shared, params: { ...shared.params } });
  return withExperiment(copied, ["variants", variant, family, ...rest], value);
}

/** Which tab shows single runs of this. @param {any} document @param {any} catalog @returns {"compare" | "recurrent"} */
export const tabOfRuns = (document, catalog) => (isNetwork(document, catalog) ? "recurrent" : "compare");

// @ts-check
/** Documents of the Recurrent tab: what it opens with, and changes that only networks know. Fetched with the tab. */

import { defaultView, entryOf, filled, filledChoice, withExperiment } from "./scenario.js";

/** @typedef {import("./scenario.js").Document} Document */

/**
 * Opens on the task of Pascanu et al. (2013), small enough to be trained in a second or two: without clipping the loss is thrown
 * above the baseline and stays there, with the norm clipped the task is solved. @returns {Document}
 */
export function defaultRecurrent() {
  const choice = (kind, params = {}) => ({ kind, params });
  return {
    version: 1,
    experiment: {
      problem: choice("tanh_rnn", { hidden_size: 16 }), task: choice("temporal_order", { sequence_length: 20 }),
      init: choice("orthogonal", { gain: 1.1 }), start: null,
      optimizer: choice("sgd", { learning_rate: 0.3 }), schedule: choice("constant"), noise: choice("none"), weight_decay: choice("none"),
      n_steps: 600, seed: 0,
      variants: [
        { name: "No clipping", clip: { ...choice("none"), position: "before" } },
        { name: "Norm", clip: { ...choice("norm", { max_norm: 1 }), position: "before" } },
        { name: "Value", clip: { ...choice("value", { clip_value: 1 }), position: "before" } },
      ],
    },
    view: { ...defaultView(), tab: "recurrent" },
  };
}

/** The entries that the two tabs choose from. @param {any} catalog */
export const networksOf = (catalog) => catalog.problems.filter((entry) => entry.traits.group === "network");

/**
 * Another network, task or initialisation: parameters of the same name and range stay as they are.
 * @param {Document} document @param {"problem" | "task" | "init"} family @param {string} kind @param {any} catalog @returns {Document}
 */
export function withPart(document, family, kind, catalog) {
  const old = document.experiment[family]?.params ?? {};
  const entry = entryOf(catalog, family, kind);
  const kept = entry.parameters.filter(({ name, low, high }) => name in old && (low === null || old[name] >= low) && (high === null || old[name] <= high));
  const params = Object.fromEntries(kept.map(({ name }) => [name, old[name]]));
  return withExperiment(document, [family], filledChoice(catalog, family, { kind, params }));
}

/** Which part of a network's experiment a parameter belongs to, by its bare name, or null. @param {any} catalog */
export function ownerOf(document, name, catalog) {
  const families = /** @type {const} */ (["problem", "task", "init"]);
  const { experiment } = filled(document, catalog);
  return families.find((family) => experiment[family] && entryOf(catalog, family, experiment[family].kind)?.parameters.some((p) => p.name === name)) ?? null;
}

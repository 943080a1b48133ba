// @ts-check
/** How the clipped gradient becomes a step, and for how long: optimizer, schedule, noise, weight decay, steps, seed. */

import { createChoice } from "../lib/choice.js";
import { fill, h, setText } from "../lib/dom.js";
import { createSlider } from "../lib/slider.js";
import { MAX_SEED, MAX_STEPS, entryOf, isNetwork, withExperiment, withKind } from "../state/scenario.js";

const FAMILIES = [
  ["optimizer", "Optimizer", "optimizers"],
  ["schedule", "Schedule", "schedules"],
  ["noise", "Gradient noise", "noises"],
  ["weight_decay", "Weight decay", "weight_decays"],
];
const STEPS = { label: "Steps", low: 1, high: MAX_STEPS, sliderLow: 10, sliderHigh: 1000, scale: /** @type {"log"} */ ("log"), integer: true };
const SEED = { label: "Seed", low: 0, high: MAX_SEED, sliderLow: 0, sliderHigh: 40, scale: /** @type {"linear"} */ ("linear"), integer: true,
  help: "Decides all random numbers: the same seed, the same luck for every variant." };

/**
 * @param {HTMLElement} root
 * @param {{catalog: any, onChange: (change: (document: any) => any, options?: any) => void, onGrab: (grab: any) => void}} options
 */
export function createMethod(root, { catalog, onChange, onGrab }) {
  const groups = FAMILIES.map(([family, label, list]) => createGroup(family, label, catalog[list], { catalog, onChange, onGrab }));
  const change = (key, value) => (document) => withExperiment(document, [key], value);
  const whole = (key, range) => createSlider(range, {
    onGrab: (values, held) => onGrab({ axis: key === "seed" ? "seed" : null, values, held, change: (value) => change(key, value) }),
    onMove: (value) => onChange(change(key, value), { passing: true, notch: value }),
    onCommit: (value) => onChange(change(key, value)),
  }, { where: `experiment.${key}` });
  const [steps, seed] = [whole("n_steps", STEPS), whole("seed", SEED)];
  steps.element.dataset.control = "steps";
  seed.element.dataset.control = "seed";
  const place = (recurrent) => {
    setText(/** @type {HTMLElement} */ (steps.element.querySelector("label")), recurrent ? "Updates" : "Steps");
    if (recurrent) steps.element.after(seed.element);
    else groups.find((group) => group.family === "noise")?.add(seed.element);
  };
  let trained = /** @type {boolean | null} */ (null);
  fill(root, steps.element, groups.map((group) => group.element));
  return {
    update({ document }) {
      groups.forEach((group) => group.update(document));
      const network = isNetwork(document, catalog);
      if (trained !== network) place(network);
      trained = network;
      steps.update(document.experiment.n_steps);
      seed.update(document.experiment.seed);
    },
  };
}

function createGroup(family, label, entries, { catalog, onChange, onGrab }) {
  const change = (name, value) => (document) => withExperiment(document, [family, "params", name], value);
  const choice = createChoice({
    label,
    entries,
    where: `experiment.${family}`,
    hideLabel: true,
    skip: (parameter) => parameter.role === "learning_rate",
    listeners: {
      onKind: (kind) => onChange((document) => withKind(document, family, kind)),
      onGrab: (name, values, held) => onGrab({ axis: `${family}.params.${name}`, values, held, change: (value) => change(name, value) }),
      onMove: (name, value) => onChange(change(name, value), { passing: true, notch: value }),
      onCommit: (name, value) => onChange(change(name, value)),
    },
  });
  const now = h("span", { class: "fold-now" });
  const body = h("div", { class: "fold-body" }, choice.element);
  const element = h("details", { class: "fold", "data-control": family }, h("summary", {}, h("span", {}, label), now), body);
  return {
    element,
    family,
    add: (child) => body.append(child),
    update(document) {
      const chosen = document.experiment[family];
      setText(now, entryOf(catalog, family, chosen.kind)?.label ?? chosen.kind);
      choice.update(chosen);
    },
  };
}

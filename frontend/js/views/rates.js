// @ts-check
/** The two numbers of this page: learning rate and threshold. */

import { fill, h, show } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { createSlider, rangeOf } from "../lib/slider.js";
import { entryOf, withExperiment } from "../state/scenario.js";
import { sharesThreshold, thresholdHelp, thresholds, withThreshold } from "../state/variants.js";

/**
 * @param {HTMLElement} root
 * @param {{catalog: any, onChange: (change: (document: any) => any, options?: any) => void, onGrab: (grab: any) => void, onLink: (linked: boolean) => void}} options
 */
export function createRates(root, { catalog, onChange, onGrab, onLink }) {
  const rateBox = h("div", { class: "rate", "data-control": "learning_rate" });
  const thresholdBox = h("div", { class: "rate" });
  const linked = h("input", { type: "checkbox", onchange: () => onLink(linked.checked) });
  const note = h("p", { class: "group-help" }, "Each rule has its own threshold, below.");
  const link = h("label", { class: "check" }, linked, "One threshold for all rules");
  fill(root, rateBox, h("div", { class: "threshold", "data-control": "threshold" }, thresholdBox, note, link));
  let rate = /** @type {any} */ (null);
  let rateKind = "";
  let threshold = /** @type {any} */ (null);

  const setRate = (value) => (document) => withExperiment(document, ["optimizer", "params", "learning_rate"], value);
  const setThreshold = (value) => (document) => withThreshold(document, value, catalog);

  const makeRate = (kind) => {
    const parameter = entryOf(catalog, "optimizer", kind).parameters.find((p) => p.role === "learning_rate");
    const range = /** @type {any} */ (rangeOf(parameter));
    rateKind = kind;
    rate = createSlider({ ...range, label: "Learning rate" }, {
      onGrab: (values, held) => onGrab({ axis: `optimizer.params.${parameter.name}`, values, held, change: setRate }),
      onMove: (value) => onChange(setRate(value), { passing: true, notch: value }),
      onCommit: (value) => onChange(setRate(value)),
    }, { where: `experiment.optimizer.params.${parameter.name}`, describe: (value) => `learning rate ${number(value)}` });
    fill(rateBox, rate.element);
  };
  const makeThreshold = (parameter) => {
    threshold = createSlider({ .../** @type {any} */ (rangeOf(parameter)), label: "Threshold" }, {
      onGrab: (values, held) => onGrab({ axis: "variants.*.threshold", values, held, change: setThreshold }),
      onMove: (value) => onChange(setThreshold(value), { passing: true, notch: value }),
      onCommit: (value) => onChange(setThreshold(value)),
    }, { describe: (value) => `threshold ${number(value)}` });
    fill(thresholdBox, threshold.element);
  };

  return {
    update({ document, session }) {
      const { optimizer } = document.experiment;
      if (rateKind !== optimizer.kind) makeRate(optimizer.kind);
      rate.update(optimizer.params.learning_rate);
      const all = thresholds(document, catalog);
      const together = session.linked && sharesThreshold(document, catalog);
      if (all.length && !threshold) makeThreshold(all[0].parameter);
      linked.checked = together;
      show(link, all.length > 1);
      show(thresholdBox, all.length > 0 && (together || all.length === 1));
      show(note, all.length > 1 && !together);
      if (!threshold || !all.length) return;
      threshold.update(all[0].value);
      threshold.setHelp(thresholdHelp(all));
      threshold.setWhere(together ? all.map(({ index, name }) => `experiment.variants.${index}.clip.params.${name}`).join(" ") : "");
    },
  };
}

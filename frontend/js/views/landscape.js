// @ts-check
/** Settings of what is minimised, and where it begins. */

import { createChoice } from "../lib/choice.js";
import { fill, h, show } from "../lib/dom.js";
import { createNumber } from "../lib/slider.js";
import { entryOf, getIn, withExperiment, withProblem } from "../state/scenario.js";

/**
 * @param {HTMLElement} root
 * @param {{catalog: any, onChange: (change: (document: any) => any, options?: any) => void, onGrab: (grab: any) => void}} options
 */
export function createLandscape(root, { catalog, onChange, onGrab }) {
  const change = (name, value) => (document) => withExperiment(document, ["problem", "params", name], value);
  const choice = createChoice({
    label: "Landscape",
    entries: catalog.problems.filter((entry) => entry.traits.group !== "network"),
    where: "experiment.problem",
    fold: "Shape of the landscape",
    listeners: {
      onKind: (kind) => onChange((document) => withProblem(document, kind)),
      onGrab: (name, values, held) => onGrab({ axis: null, values, held, change: (value) => change(name, value) }),
      onMove: (name, value) => onChange(change(name, value), { passing: true, notch: value }),
      onCommit: (name, value) => onChange(change(name, value)),
    },
  });
  choice.element.dataset.control = "landscape";
  const start = h("div", { class: "pair" });
  const reset = h("button", { type: "button", class: "link", onclick: () => onChange((document) => withExperiment(document, ["start"], null)) }, "Back to the landscape's start");
  const group = h("fieldset", { class: "group", "data-control": "start", "data-where": "experiment.start" }, h("legend", {}, "Start"), start,
    h("p", { class: "field-error", role: "alert", hidden: true }), h("p", { class: "group-help" }, h("span", { class: "on-compare" }, "Click or drag on any map. "), reset));
  fill(root, choice.element, group);
  let fields = /** @type {any[]} */ ([]);
  let labels = "";

  return {
    update({ document, session }) {
      const { problem } = document.experiment;
      choice.update(problem);
      const entry = entryOf(catalog, "problem", problem.kind);
      const names = session.result?.problem.axis_labels ?? entry?.axis_labels ?? ["x", "y"];
      if (names.join() !== labels) {
        labels = names.join();
        fields = names.map((label, axis) => createNumber({ label, low: -1e6, high: 1e6, sliderLow: 0, sliderHigh: 0, scale: "linear" },
          (value) => onChange((now) => withExperiment(now, ["start"], setAt(startOf(now, session), axis, value)))));
        start.classList.toggle("stacked", names.some((label) => label.length > 1));
        fill(start, fields.map((field) => field.element));
      }
      const place = startOf(document, session) ?? [];
      show(reset, Boolean(entry?.start) && place.some((value, axis) => value !== entry.start[axis]));
      fields.forEach((field, axis) => place[axis] !== undefined && field.update(place[axis]));
    },
  };

  function startOf(document, session) {
    return document.experiment.start ?? session.result?.experiment.start ?? getIn(entryOf(catalog, "problem", document.experiment.problem.kind), ["start"]);
  }
}

function setAt(list, index, value) {
  return list.map((old, place) => (place === index ? value : old));
}

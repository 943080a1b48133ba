// @ts-check
/** One kind out of a family of the catalogue: a list to choose from, its help, its formula and source, its parameters. */

import { fill, h, setText, show, uniqueId } from "./dom.js";
import { formula } from "./mathml.js";
import { createNumber, createSlider, helpButton, rangeOf } from "./slider.js";

/**
 * @typedef {{kind: string, label: string, help: string, traits: Record<string, any>, parameters: any[],
 *   about: () => Promise<{formula: string, formula_mathml: string, source: string}>}} Entry
 * @typedef {{onKind: (kind: string) => void, onGrab: (name: string, values: number[], held: boolean) => void,
 *   onMove: (name: string, value: any) => void, onCommit: (name: string, value: any) => void}} ChoiceListeners
 */

/**
 * @param {{label: string, entries: Entry[], listeners: ChoiceListeners, where: string, skip?: (parameter: any) => boolean,
 *   hideLabel?: boolean, fold?: string, extra?: {value: string, label: string}[]}} options `skip`: parameters shown elsewhere
 */
export function createChoice({ label, entries, listeners, where, skip = () => false, hideLabel = false, extra = [], fold = "" }) {
  const id = uniqueId("choice");
  const option = (value, text) => h("option", { value }, text);
  const select = h("select", { id }, extra.map((e) => option(e.value, e.label)), entries.map((e) => option(e.kind, e.label)));
  select.addEventListener("change", () => listeners.onKind(select.value));
  const help = h("p", { class: "choice-help" });
  const about = createAbout();
  const params = createParams(listeners, skip);
  const head = h("div", { class: "field", "data-where": `${where}.kind` },
    h("label", { for: id, class: hideLabel ? "visually-hidden" : "" }, label), select,
    h("p", { class: "field-error", role: "alert", hidden: true }));
  const shown = fold ? h("details", { class: "params-fold" }, h("summary", {}, fold), params.element) : params.element;
  const element = h("div", { class: "choice", "data-where": where }, head, help, shown, about.element);
  return {
    element,
    /** Make the parameters anew at the next update: `skip` has changed its mind. */
    refresh: () => params.refresh(),
    /** @param {{kind: string, params: Record<string, any>} | null} choice null: one of the extra options */
    update(choice, place = where) {
      const entry = choice && entries.find((candidate) => candidate.kind === choice.kind);
      element.dataset.where = place;
      head.dataset.where = `${place}.kind`;
      const value = choice ? choice.kind : (extra[0]?.value ?? "");
      if (select.value !== value) select.value = value;
      setText(help, entry ? entry.help : "");
      show(help, Boolean(entry));
      show(about.element, Boolean(entry));
      if (entry) about.update(entry);
      params.update(entry ?? null, choice?.params ?? {}, place);
      if (fold) show(shown, Boolean(entry?.parameters.length));
    },
  };
}

/** Formula and source of an entry, folded away and fetched when they are wanted. */
function createAbout() {
  const body = h("div", { class: "about-body" });
  const element = h("details", { class: "about" }, h("summary", {}, "Formula and source"), body);
  let shown = /** @type {any} */ (null);
  const tell = async () => {
    const entry = shown;
    if (!element.open || !entry) return;
    const { formula_mathml: mathml, formula: words, source } = await entry.about();
    if (entry !== shown) return;
    const math = mathml && formula(mathml, words);
    fill(body, math && h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": `Formula of ${entry.label}` }, math), h("p", { class: "source" }, source));
  };
  element.addEventListener("toggle", tell);
  return {
    element,
    /** @param {Entry} entry */
    update(entry) {
      if (shown === entry) return;
      shown = entry;
      fill(body);
      tell();
    },
  };
}

/** Controls for the parameters of an entry; made anew only when the kind changes. */
export function createParams(listeners, skip = (_parameter) => false) {
  const element = h("div", { class: "params" });
  let fields = new Map();
  let shown = null;
  return {
    element,
    refresh() {
      shown = null;
    },
    /** @param {Entry | null} entry @param {Record<string, any>} values @param {string} where */
    update(entry, values, where) {
      if (entry !== shown) {
        shown = entry;
        const parameters = (entry?.parameters ?? []).filter((parameter) => !skip(parameter));
        fields = new Map(parameters.map((parameter) => [parameter.name, createField(parameter, listeners)]));
        fill(element, [...fields.values()].map((field) => field.element));
        show(element, fields.size > 0);
      }
      for (const [name, field] of fields) {
        field.element.dataset.where = `${where}.params.${name}`;
        const parameter = entry?.parameters.find((candidate) => candidate.name === name);
        field.update(values[name] ?? parameter.default);
      }
    },
  };
}

/** @param {any} parameter @param {ChoiceListeners} listeners */
function createField(parameter, listeners) {
  const commit = (value) => listeners.onCommit(parameter.name, value);
  if (parameter.type === "bool") return createCheckbox(parameter, commit);
  if (parameter.type === "choice") return createSelect(parameter, commit);
  const range = rangeOf(parameter);
  if (!range) return createNumber({ ...parameter, sliderLow: 0, sliderHigh: 0 }, commit);
  return createSlider(range, {
    onGrab: (values, held) => listeners.onGrab(parameter.name, values, held),
    onMove: (value) => listeners.onMove(parameter.name, value),
    onCommit: commit,
  });
}

function createCheckbox(parameter, commit) {
  const input = h("input", { type: "checkbox", onchange: () => commit(input.checked) });
  const element = h("div", { class: "field field-check" }, h("label", { title: parameter.help }, input, parameter.label),
    h("p", { class: "field-error", role: "alert", hidden: true }));
  return { element, update: (value) => { input.checked = Boolean(value); } };
}

function createSelect(parameter, commit) {
  const [id, helpId] = [uniqueId("select"), uniqueId("help")];
  const options = parameter.choices.map((choice, index) => h("option", { value: index }, String(choice)));
  const select = h("select", { id, onchange: () => commit(parameter.choices[Number(select.value)]) }, options);
  const help = h("p", { class: "field-help", id: helpId, hidden: true }, parameter.help);
  const element = h("div", { class: "field field-inline" },
    h("div", { class: "field-head" }, h("label", { for: id }, parameter.label), helpButton(parameter.label, help), select), help,
    h("p", { class: "field-error", role: "alert", hidden: true }));
  return { element, update: (value) => { select.value = String(parameter.choices.indexOf(value)); } };
}

// @ts-check
/** Settings of the maps: which two numbers, from where to where, how finely, over how many seeds. */

import { fill, h, setText, show, uniqueId } from "../lib/dom.js";
import { number, readNumber, typed } from "../lib/format.js";
import { MAX_SEEDS } from "../state/map.js";
import { isNetwork } from "../state/scenario.js";

const FINE = { landscape: [32, 64, 128, 256], network: [8, 12, 16, 24] };
const USUAL = { landscape: 64, network: 12 };
const SEVERAL = "With several seeds a cell shows how most of them end, medians of their numbers, and which share of them ends how.";
const SEEDS = [1, 4, 8, 16, 32, MAX_SEEDS];

/** @typedef {{path: string, label: string, scale: "log" | "linear", low: number, high: number, min: number | null, max: number | null, integer: boolean}} Offered */

/**
 * @param {HTMLElement} root @param {{onMap: (changes: Partial<import("../state/map.js").MapView>) => void}} listeners
 */
export function createMapSettings(root, { onMap }) {
  const axes = { x: createAxis("x", "Across", (axis) => onMap({ x: axis })), y: createAxis("y", "Up", (axis) => onMap({ y: axis })) };
  const again = h("button", { type: "button", class: "link", onclick: () => onMap({ x: undefined, y: undefined }) }, "Usual axes and ranges");
  const fine = createSegments("Cells", "cells a side", "resolution", (resolution) => onMap({ resolution }));
  const seeds = createSegments("Seeds", "seeds a cell", "seeds", (count) => onMap({ seeds: count }));
  const seedsHelp = h("p", { class: "group-help" });
  const seedsGroup = h("div", { class: "atlas-seeds", "data-control": "seeds", hidden: true }, seeds.element, seedsHelp);
  fill(root, h("h2", { class: "group-title" }, "Map"),
    h("p", { class: "group-help" }, "Every cell is a run. Point at one for its numbers, click it to open it; with the keyboard: arrows and Enter."),
    h("div", { "data-control": "map_axes" }, axes.x.element, axes.y.element, again),
    h("div", { "data-control": "resolution" }, fine.element), seedsGroup);
  let noisy = false;

  return {
    /** What could be chosen. @param {{choices: Offered[], noisy: boolean, seeds_note: string | null}} estimate */
    setChoices({ choices, noisy: random, seeds_note: note }) {
      noisy = random;
      setText(seedsHelp, note ?? SEVERAL);
      axes.x.setChoices(choices);
      axes.y.setChoices(choices);
      show(seedsGroup, noisy);
    },
    /** @param {any} state @param {import("../api/sweeps.js").Sweep | null} sweep */
    update({ document, session }, sweep) {
      const { map = {} } = document.view;
      axes.x.update(map.x ?? sweep?.x ?? null, map.y?.path ?? "");
      axes.y.update(map.y ?? sweep?.y ?? null, map.x?.path ?? "");
      const family = isNetwork(document, session.catalog) ? "network" : "landscape";
      fine.update(FINE[family], map.resolution ?? USUAL[family]);
      seeds.update(SEEDS, map.seeds ?? 1);
      show(seedsGroup, noisy || (map.seeds ?? 1) > 1);
    },
  };
}

/** Which number, and its range. @param {"x" | "y"} name @param {string} label @param {(axis: import("../state/map.js").MapAxis) => void} onAxis */
function createAxis(name, label, onAxis) {
  const ids = [uniqueId("axis"), uniqueId("low"), uniqueId("high"), uniqueId("error")];
  const select = h("select", { id: ids[0] });
  const end = (id, words) => h("input", { type: "text", id, class: "typed", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": `${label}: ${words}`, "aria-describedby": ids[3] });
  const [low, high] = [end(ids[1], "lowest number"), end(ids[2], "highest number")];
  const log = h("input", { type: "checkbox" });
  const error = h("p", { class: "field-error", id: ids[3], role: "alert", hidden: true });
  const element = h("div", { class: "field atlas-axis", "data-where": name },
    h("label", { for: ids[0] }, label), select,
    h("div", { class: "atlas-range" }, low, h("span", { "aria-hidden": "true" }, "to"), high, h("label", { class: "check" }, log, "log")), error);
  let choices = /** @type {Offered[]} */ ([]);
  let shown = /** @type {any} */ (null);
  let taken = "";

  const complain = (words) => {
    setText(error, words ?? "");
    show(error, Boolean(words));
    for (const input of [low, high]) input.toggleAttribute("aria-invalid", Boolean(words));
  };
  const commit = () => {
    const axis = { path: shown.path, low: readNumber(low.value), high: readNumber(high.value), ...(log.checked ? {} : { scale: /** @type {"linear"} */ ("linear") }) };
    const words = wrongWith(axis, choices.find(({ path }) => path === axis.path));
    complain(words);
    if (!words) onAxis(axis);
  };
  for (const input of [low, high]) {
    input.addEventListener("change", commit);
    input.addEventListener("keydown", (event) => event.key === "Escape" && picture());
  }
  log.addEventListener("change", commit);
  select.addEventListener("change", () => {
    const choice = choices.find(({ path }) => path === select.value);
    if (choice) onAxis({ path: choice.path, low: choice.low, high: choice.high, ...(choice.scale === "linear" ? { scale: /** @type {"linear"} */ ("linear") } : {}) });
  });

  const picture = () => {
    if (!shown) return;
    const offered = choices.some(({ path }) => path === shown.path) ? choices : [...choices, { path: shown.path, label: shown.label ?? shown.path }];
    const key = JSON.stringify([offered.map(({ path }) => path), taken]);
    if (select.dataset.key !== key) {
      fill(select, offered.map((choice) => h("option", { value: choice.path, disabled: choice.path === taken }, choice.label)));
      select.dataset.key = key;
    }
    select.value = shown.path;
    low.value = typed(shown.low);
    high.value = typed(shown.high);
    log.checked = (shown.scale ?? "log") === "log";
    complain(null);
  };

  return {
    element,
    setChoices(next) {
      choices = next;
      picture();
    },
    /** @param {any} axis null: none yet @param {string} other the path that the other axis has */
    update(axis, other) {
      const key = JSON.stringify([axis?.path, axis?.low, axis?.high, axis?.scale, other]);
      if (element.dataset.key === key) return;
      element.dataset.key = key;
      [shown, taken] = [axis, other];
      picture();
    },
  };
}

/** What is wrong with a range, or null. @param {any} axis @param {Offered | undefined} choice */
function wrongWith({ low, high, scale }, choice) {
  if (Number.isNaN(low) || Number.isNaN(high)) return "Type a number, for example 0.5 or 1e-3.";
  if (!(low < high)) return "The first number must be below the second.";
  if (scale !== "linear" && low <= 0) return "A logarithmic axis begins above 0.";
  if (choice && choice.min !== null && low < choice.min) return `${choice.label} must be at least ${number(choice.min)}.`;
  if (choice && choice.max !== null && high > choice.max) return `${choice.label} must be at most ${number(choice.max)}.`;
  return null;
}

/** One of a few whole numbers. @param {string} label @param {string} spoken @param {string} where @param {(value: number) => void} onChoose */
function createSegments(label, spoken, where, onChoose) {
  const name = uniqueId("segments");
  const box = h("div", { class: "segments" });
  const element = h("fieldset", { class: "field atlas-choice", "data-where": where }, h("legend", {}, label), box, h("p", { class: "field-error", role: "alert", hidden: true }));
  let made = "";
  return {
    element,
    /** @param {number[]} values @param {number} value one that is not among them is added */
    update(values, value) {
      const offered = values.includes(value) ? values : [...values, value].sort((a, b) => a - b);
      if (made !== offered.join()) {
        made = offered.join();
        fill(box, offered.map((choice) => {
          const input = h("input", { type: "radio", name, value: choice, class: "visually-hidden", "aria-label": `${choice} ${spoken}`, onchange: () => onChoose(choice) });
          return h("label", { class: "segment" }, input, h("span", {}, String(choice)));
        }));
      }
      for (const input of box.querySelectorAll("input")) input.checked = Number(input.value) === value;
    },
  };
}

// @ts-check
/** A labelled slider with a typed value. The slider walks over notches; the typed value may lie between them. */

import { debounce, h, setText, show, uniqueId } from "./dom.js";
import { number, readNumber, typed } from "./format.js";
import { nearest, notches } from "./scale.js";

/** Milliseconds for which the pointer or the focus is on a slider before somebody seems to want it. */
const NEAR_AFTER = 80;

/**
 * @typedef {{label: string, help?: string, low: number | null, high: number | null, sliderLow: number, sliderHigh: number,
 *   scale: "linear" | "log", integer?: boolean}} Range what is accepted, and what the slider offers
 * @typedef {{onGrab?: (values: number[], held: boolean) => void, onMove: (value: number) => void, onCommit: (value: number) => void}} Listeners `onGrab`: it is held, or not yet but the
 *   pointer or the focus is on it
 */

/** The range of a parameter of the catalogue, or null when it is no bounded number. @returns {Range | null} */
export function rangeOf(parameter) {
  const low = parameter.slider_low ?? parameter.low;
  const high = parameter.slider_high ?? parameter.high;
  if (low === null || high === null || !(parameter.type === "float" || parameter.type === "int")) return null;
  return {
    label: parameter.label,
    help: parameter.help,
    low: parameter.low,
    high: parameter.high,
    sliderLow: low,
    sliderHigh: high,
    scale: parameter.scale === "log" && low > 0 ? "log" : "linear",
    integer: parameter.type === "int",
  };
}

/** Say what is wrong with a typed value, or null. @param {number} value @param {Range} range */
export function complaint(value, range) {
  if (Number.isNaN(value)) return range.integer ? `Type a whole number, for example ${middle(range)}.` : "Type a number, for example 0.5 or 1e-3.";
  if (range.integer && !Number.isInteger(value)) return `${range.label} must be a whole number.`;
  if (range.low !== null && value < range.low) return `${range.label} must be at least ${number(range.low)}.`;
  if (range.high !== null && value > range.high) return `${range.label} must be at most ${number(range.high)}.`;
  return null;
}

/** A whole number in the middle of what the slider offers. @param {Range} range */
function middle({ sliderLow, sliderHigh, scale }) {
  return Math.round(scale === "log" ? Math.sqrt(sliderLow * sliderHigh) : (sliderLow + sliderHigh) / 2);
}

/**
 * @param {Range} range @param {Listeners} listeners
 * @param {{where?: string, describe?: (value: number) => string}} [options]
 */
export function createSlider(range, listeners, { where = "", describe = number } = {}) {
  const values = notches({ low: range.sliderLow, high: range.sliderHigh, scale: range.scale, integer: range.integer });
  const [id, errorId, helpId] = [uniqueId("slider"), uniqueId("error"), uniqueId("help")];
  const input = h("input", { type: "range", id, min: 0, max: values.length - 1, step: 1, "aria-describedby": errorId });
  const text = h("input", {
    type: "text", class: "typed", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    "aria-label": `${range.label}, typed value`, "aria-describedby": errorId,
  });
  const error = h("p", { class: "field-error", id: errorId, role: "alert", hidden: true });
  const help = range.help ? h("p", { class: "field-help", id: helpId, hidden: true }, range.help) : null;
  const head = h("div", { class: "field-head" }, h("label", { for: id }, range.label), help && helpButton(range.label, help), text);
  const element = h("div", { class: "field", "data-where": where }, head, help, input, error);
  let current = NaN;
  let grabbed = false;
  let held = false;
  let committed = "";

  const near = debounce(() => !grabbed && listeners.onGrab?.(values, false), NEAR_AFTER);
  const grab = () => {
    near.cancel();
    if (!grabbed) listeners.onGrab?.(values, true);
    grabbed = true;
  };
  const commit = () => {
    grabbed = false;
    committed = input.value;
    listeners.onCommit(values[Number(input.value)]);
  };
  const picture = (value) => {
    current = value;
    input.value = String(nearest(values, value, range.scale));
    input.style.setProperty("--share", String(Number(input.value) / (values.length - 1)));
    input.setAttribute("aria-valuetext", describe(value));
    if (document.activeElement !== text) text.value = typed(value);
  };
  input.addEventListener("pointerdown", (event) => event.pointerType !== "touch" && grab());
  for (const name of ["pointerup", "pointercancel"]) {
    input.addEventListener(name, () => {
      grabbed = false;
    });
  }
  input.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && near());
  input.addEventListener("pointerleave", near.cancel);
  input.addEventListener("focus", near);
  input.addEventListener("keydown", (event) => {
    if (!/^(Arrow|Page|Home|End)/.test(event.key)) return;
    held = true;
    grab();
  });
  const release = () => {
    const changed = held && input.value !== committed;
    const idle = held && !changed;
    [held, grabbed] = [false, false];
    if (changed) commit();
    else if (idle) near();
  };
  input.addEventListener("keyup", release);
  input.addEventListener("blur", release);
  input.addEventListener("input", () => {
    grab();
    setComplaint(error, null);
    picture(values[Number(input.value)]);
    listeners.onMove(current);
  });
  input.addEventListener("change", () => {
    if (!held) commit();
  });
  const commitText = () => {
    const value = readNumber(text.value);
    const wrong = complaint(value, range);
    setComplaint(error, wrong);
    if (wrong === null) text.removeAttribute("aria-invalid");
    else text.setAttribute("aria-invalid", "true");
    if (wrong !== null) return;
    text.value = typed(value);
    if (value !== current) listeners.onCommit(value);
  };
  text.addEventListener("change", commitText);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter") commitText();
    if (event.key === "Escape") restore();
  });
  text.addEventListener("blur", () => {
    if (complaint(readNumber(text.value), range) === null) text.value = typed(current);
  });
  const restore = () => {
    text.value = typed(current);
    text.removeAttribute("aria-invalid");
    setComplaint(error, null);
  };

  return {
    element,
    /** @param {number} value */
    update(value) {
      if (value !== current) {
        picture(value);
        if (!held && !grabbed) committed = input.value;
        text.removeAttribute("aria-invalid");
        setComplaint(error, null);
      }
    },
    /** @param {string} paths */
    setWhere(paths) {
      element.dataset.where = paths;
    },
    /** @param {string} words */
    setHelp(words) {
      if (help) setText(help, words);
    },
  };
}

function setComplaint(error, words) {
  show(error, words !== null);
  setText(error, words ?? "");
}

/** A small button that unfolds the help below it. @param {string} label @param {HTMLElement} help */
export function helpButton(label, help) {
  const button = h("button", { type: "button", class: "hint", "aria-expanded": "false", "aria-controls": help.id, "aria-label": `About ${label}` }, "?");
  button.addEventListener("click", () => {
    show(help, help.hidden);
    button.setAttribute("aria-expanded", String(!help.hidden));
  });
  return button;
}

/** A number that is only typed. @param {Range} range @param {(value: number) => void} onCommit */
export function createNumber(range, onCommit, { where = "" } = {}) {
  const [id, errorId] = [uniqueId("number"), uniqueId("error")];
  const text = h("input", { type: "text", id, class: "typed", inputmode: "decimal", autocomplete: "off", "aria-describedby": errorId });
  const error = h("p", { class: "field-error", id: errorId, role: "alert", hidden: true });
  const element = h("div", { class: "field field-number", "data-where": where }, h("label", { for: id }, range.label), text, error);
  let current = NaN;
  const commit = () => {
    const value = readNumber(text.value);
    const wrong = complaint(value, range);
    setComplaint(error, wrong);
    if (wrong === null && value !== current) onCommit(value);
  };
  text.addEventListener("change", commit);
  return {
    element,
    /** @param {number} value */
    update(value) {
      if (value === current) return;
      current = value;
      text.value = typed(value);
      setComplaint(error, null);
    },
  };
}


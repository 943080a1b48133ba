// @ts-check
/** Formulas of the catalogue (`beta_1 * m + (1 - beta_1) * g^2`) written for people, with symbols or with numbers. */

import { raised } from "./format.js";

const PIECES = /[A-Za-z_]\w*|\d+(?:\.\d+)?|\^|\S/g;
const SIGNS = { "*": " × ", "/": " / ", "+": " + ", "-": " − ", "(": "(", ")": ")" };

/** Whether a formula is more than a name. @param {string} formula */
export const isSum = (formula) => (formula.match(PIECES) ?? []).length > 1;

/** A letter with its index below: c1 becomes c₁. @param {string} name */
export const symbol = (name) => name.replace(/\d+$/, (digits) => digits.replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]));

/** @param {string} formula @param {(name: string) => string} write what stands for a name @param {string} [times] what stands for × */
export function typeset(formula, write, times = " × ") {
  let [text, power] = ["", false];
  for (const piece of formula.match(PIECES) ?? []) {
    if (piece === "^") {
      power = true;
      continue;
    }
    const words = piece === "*" ? times : (SIGNS[piece] ?? (piece === "sqrt" ? "√" : /^\d/.test(piece) ? piece : write(piece)));
    text += power ? raised(words) : words;
    power = false;
  }
  return text.replace(/√\((\([^()]*\))\)/g, "√$1");
}

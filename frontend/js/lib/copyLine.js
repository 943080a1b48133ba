// @ts-check
/** A line of text to take away: a label, the text, a button that copies it, and what it is good for. */

import { h, setText, uniqueId } from "./dom.js";

/** @param {string} label @param {string} help @param {{rows?: number}} [options] rows: several lines instead of one */
export function createCopyLine(label, help, { rows = 0 } = {}) {
  const id = uniqueId("link");
  const helpId = uniqueId("help");
  const attributes = { id, readonly: true, class: "link-text", "aria-describedby": helpId, onfocus: () => field.select() };
  const field = rows ? h("textarea", { ...attributes, rows }) : h("input", { type: "text", ...attributes });
  const state = h("span", { class: "copied", role: "status" });
  const copy = async () => {
    field.select();
    setText(state, (await copied(field)) ? "Copied" : "Press Ctrl+C to copy");
  };
  const button = h("button", { type: "button", class: "solid-button", "aria-label": `Copy: ${label}`, onclick: copy }, "Copy");
  const element = h("div", { class: "share-line" }, h("label", { for: id }, label), h("div", { class: "share-row" }, field, button), state, h("p", { class: "group-help", id: helpId }, help));
  return {
    element,
    field,
    /** @param {string} text */
    update(text) {
      field.value = text;
      setText(state, "");
    },
  };
}

/** Whether the text is on the clipboard: the modern way needs a secure page, the old one a selection. */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    return document.execCommand("copy");
  }
}

// @ts-check
/** A line of text to take away: a label, the text, a button that copies it, and what it is good for. Text that is still being made is never copied as it was before. */

import { h, setText, uniqueId } from "./dom.js";

/** @param {string} label @param {string} help @param {{rows?: number}} [options] rows: several lines instead of one */
export function createCopyLine(label, help, { rows = 0 } = {}) {
  const id = uniqueId("link");
  const helpId = uniqueId("help");
  const attributes = { id, readonly: true, class: "link-text", "aria-describedby": helpId, onfocus: () => field.select() };
  const field = rows ? h("textarea", { ...attributes, rows }) : h("input", { type: "text", ...attributes });
  const state = h("span", { class: "copied", role: "status" });
  /** The text that is wanted, while it is being made. @type {Promise<string> | null} */
  let coming = null;
  const copy = async () => {
    while (coming) await coming;
    field.select();
    setText(state, (await copied(field)) ? "Copied" : "Press Ctrl+C to copy");
  };
  const button = h("button", { type: "button", class: "solid-button", "aria-label": `Copy: ${label}`, onclick: copy }, "Copy");
  const element = h("div", { class: "share-line" }, h("label", { for: id }, label), h("div", { class: "share-row" }, field, button), state, h("p", { class: "group-help", id: helpId }, help));
  return {
    element,
    field,
    /** Show a text when it is made; whether none was wanted after it. @param {string | Promise<string>} text @returns {Promise<boolean>} */
    async update(text) {
      setText(state, "");
      const mine = Promise.resolve(text);
      coming = mine;
      field.setAttribute("aria-busy", "true");
      const made = await mine;
      if (mine !== coming) return false;
      coming = null;
      field.value = made;
      field.removeAttribute("aria-busy");
      return true;
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

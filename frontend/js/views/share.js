// @ts-check
/** The links of this very picture, ready to copy. */

import { createDialog } from "../lib/dialog.js";
import { fill, h, setText, show, uniqueId } from "../lib/dom.js";

export function createShare() {
  const dialog = createDialog({ title: "Share this comparison" });
  const whole = createLine("Link to exactly this picture", "Carries all settings, the step, slow motion and the view. It opens as it stands here; only a picture that plays opens playing, from the start. Nothing is stored on the server.");
  const readable = createLine("Readable link", "To type by hand or put on a slide; opens playing, from the start. Add &slow for slow motion, &step=20 to stand still at a step, &hide=optimizer to hide a setting.");
  const none = h("p", { class: "group-help" }, "This comparison is too special for a readable link; the link above carries it.");
  fill(dialog.body, whole.element, readable.element, none);
  return {
    /** @param {{whole: string, readable: string | null}} links */
    open(links) {
      whole.update(links.whole);
      show(readable.element, links.readable !== null);
      show(none, links.readable === null);
      if (links.readable !== null) readable.update(links.readable);
      dialog.open();
    },
  };
}

function createLine(label, help) {
  const id = uniqueId("link");
  const input = h("input", { type: "text", id, readonly: true, class: "link-text", onfocus: () => input.select() });
  const state = h("span", { class: "copied", role: "status" });
  const copy = async () => {
    input.select();
    setText(state, (await copied(input)) ? "Copied" : "Press Ctrl+C to copy");
  };
  const element = h("div", { class: "share-line" }, h("label", { for: id }, label), h("div", { class: "share-row" }, input, h("button", { type: "button", class: "solid-button", onclick: copy }, "Copy")), state, h("p", { class: "group-help" }, help));
  return {
    element,
    update(link) {
      input.value = link;
      setText(state, "");
    },
  };
}

/** Whether the text is on the clipboard: the modern way needs a secure page, the old one a selection. */
async function copied(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    return document.execCommand("copy");
  }
}

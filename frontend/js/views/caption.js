// @ts-check
/** What the maker of a link calls it, and says about it, or the idea of a preset: text, above the picture. */

import { fill, h, setText, show } from "../lib/dom.js";

const NAME = document.title;

/** @param {HTMLElement} root */
export function createCaption(root) {
  const [title, mark, note] = [h("strong", { class: "caption-title" }), h("span", { class: "caption-mark" }), h("span", { class: "caption-note" })];
  fill(root, title, mark, note);
  let shown = /** @type {any} */ (undefined);
  return {
    update({ document: { meta: own }, session }) {
      const meta = own ?? session.idea;
      if (meta === shown) return;
      const before = shown;
      shown = meta;
      show(root, Boolean(meta?.title || meta?.note));
      setText(title, meta?.title ?? "");
      setText(mark, meta?.mark ?? "");
      setText(note, meta?.note ?? "");
      if (meta?.title || before) document.title = meta?.title ? `${meta.title}: Clipscape` : NAME;
    },
  };
}

// @ts-check
/** Tells quietly that a link hides something, and shows it again to whoever wants to see it. */

import { h, setText, show } from "../lib/dom.js";
import { hiddenWords } from "../state/hiding.js";

/** @param {HTMLElement} above where it goes below @param {{onUnveil: (unveiled: boolean) => void}} listeners */
export function createVeil(above, { onUnveil }) {
  const words = h("span", {});
  const button = h("button", { type: "button", class: "link", onclick: () => onUnveil(button.dataset.unveiled !== "yes") });
  const element = h("p", { class: "veil" }, words, button);
  above.after(element);
  return {
    update({ document: { view }, session }) {
      const names = hiddenWords(view.hide);
      show(element, names !== "");
      setText(words, session.unveiled ? `This link hides ${names}; you see it all.` : `This link hides ${names}.`);
      setText(button, session.unveiled ? "Hide it again" : "Show everything");
      button.dataset.unveiled = session.unveiled ? "yes" : "no";
    },
  };
}

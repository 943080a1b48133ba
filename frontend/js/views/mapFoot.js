// @ts-check
/** Where the player is in other tabs, on small screens: the cell in hand, and the way to its run. */

import { h, setText } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { settingOf } from "../plots/mapWords.js";

/** @param {HTMLElement} root @param {{onOpen: () => void}} listeners */
export function createMapFoot(root, { onOpen }) {
  const words = h("span", { class: "map-foot-words" });
  const button = h("button", { type: "button", class: "toggle", onclick: onOpen }, icon("play"), "Open this run");
  root.append(h("div", { class: "map-foot" }, words, button));
  return {
    /** @param {import("../api/sweeps.js").Sweep} sweep @param {{x: number, y: number} | null} cell */
    update(sweep, cell) {
      setText(words, cell ? settingOf(sweep, cell) : "");
      button.disabled = !cell;
    },
  };
}

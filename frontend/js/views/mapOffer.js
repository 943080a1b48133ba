// @ts-check
/** A map that takes long says how long before it begins. */

import { h, setText, show } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { about, whole } from "../plots/mapWords.js";

/** @param {{onStart: () => void}} listeners */
export function createMapOffer({ onStart }) {
  const words = h("p", { class: "atlas-price" });
  const start = h("button", { type: "button", class: "toggle atlas-start", onclick: onStart }, icon("play"), "Start");
  const element = h("div", { class: "atlas-offer", hidden: true }, words, start,
    h("p", { class: "group-help" }, "Every cell is a training of its own. It fills in from coarse to fine, and can be stopped at any time."));
  return {
    element,
    /** @param {{status: string, estimate: any, network: boolean}} state */
    update({ status, estimate, network }) {
      show(element, status === "offered" && estimate !== null);
      if (estimate) setText(words, `${whole(estimate.runs)} ${network ? "trainings" : "runs"}, ${about(estimate.wait ?? estimate.seconds)}`);
    },
  };
}

// @ts-check
/** Where an experiment was refused: what to change and by how much, with a way to it; and what to do where nothing was computed yet. */

import { asSentence } from "../api/errors.js";
import { fill, h, setText, show } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { controlFor } from "../lib/locate.js";

const NOTHING = "Nothing has been computed yet";
const INVITATION = "Change that setting, or begin with a smaller network, shorter sequences or one of the presets: the training starts by itself.";
const LAST = "What is below is the training before.";

/** @param {ParentNode} settings where the controls are @param {() => void} onSettings bring them on the screen, where it is small */
export function createLabNotice(settings, onSettings) {
  const words = h("span", {});
  const ways = h("span", { class: "lab-notice-ways" });
  const banner = h("div", { class: "banner error", role: "alert" }, icon("warning"), words, ways);
  const empty = h("div", { class: "lab-empty" }, h("h3", {}, NOTHING), h("p", {}, INVITATION));
  const element = h("div", { class: "lab-notice", hidden: true }, banner, empty);

  return {
    element,
    /** @param {{refusal: {detail: string, complaints: import("../api/errors.js").Complaint[]} | null, empty: boolean}} state */
    update({ refusal, empty: isEmpty }) {
      show(element, Boolean(refusal));
      show(empty, isEmpty);
      if (!refusal) return;
      const { detail, complaints } = refusal;
      const found = complaints.map((complaint) => ({ complaint, control: visibleControl(settings, complaint.where) }));
      const told = found.map(({ complaint, control }) => named(control, complaint));
      setText(words, [...new Set([detail, ...told, isEmpty ? "" : LAST])].filter(Boolean).join(" "));
      fill(ways, found.filter(({ control }) => control).map(({ control }) => h("button", { type: "button", class: "link", onclick: () => [onSettings(), goTo(control)] }, `Go to ${labelOf(control)}`)));
    },
  };
}

function visibleControl(settings, where) {
  const control = controlFor(settings, where);
  return control?.checkVisibility() && labelOf(control) ? control : null;
}

const labelOf = (control) => control.querySelector("label, legend, .group-title")?.textContent ?? "";

/** "Updates: too much, lower it to 9." rather than "Is too much: lower it to 9." */
function named(control, { what, remedy }) {
  if (!control) return asSentence({ where: "", what, remedy });
  return `${labelOf(control)}: ${[what.replace(/^is /, ""), remedy].filter(Boolean).join(", ").replace(/\.$/, "")}.`;
}

function goTo(control) {
  control.scrollIntoView({ block: "center" });
  control.querySelector("input, select, button")?.focus();
}

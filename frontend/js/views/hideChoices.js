// @ts-check
/** What a link is to hide from those who open it: boxes to tick, folded away until wanted. */

import { fill, h, setText } from "../lib/dom.js";

const HELP = "For a class: take away what distracts, or what gives the answer away. Whoever opens the link is told that something is hidden, and can show it again on the whole page; in a frame only by opening the whole page.";

/** @param {() => void} onChange */
export function createHideChoices(onChange) {
  const count = h("span", { class: "fold-now" });
  const groups = h("div", { class: "hide-groups" });
  const element = h("details", { class: "fold share-fold" }, h("summary", {}, h("span", {}, "Hide parts of the page"), count), h("div", { class: "fold-body" }, h("p", { class: "group-help" }, HELP), groups));
  let boxes = /** @type {HTMLInputElement[]} */ ([]);
  /** Names that this page has no box for travel on. */
  let others = /** @type {string[]} */ ([]);

  const names = () => [...others, ...boxes.filter((box) => box.checked).map((box) => box.value)];
  const say = () => setText(count, names().length ? `${names().length} hidden` : "none");
  const changed = () => {
    say();
    onChange();
  };
  const group = ({ group: name, parts }, hidden) => h("fieldset", { class: "hide-group" }, h("legend", {}, name), parts.map((part) => {
    const box = h("input", { type: "checkbox", value: part.name, checked: hidden.includes(part.name), onchange: changed });
    boxes.push(box);
    return h("label", { class: "check" }, box, h("span", { class: "hide-words" }, part.words));
  }));

  return {
    element,
    names,
    /** @param {{group: string, parts: {name: string, words: string}[]}[]} offered @param {string[]} hidden */
    update(offered, hidden) {
      boxes = [];
      fill(groups, offered.map((one) => group(one, hidden)));
      others = hidden.filter((name) => !boxes.some((box) => box.value === name));
      say();
    },
  };
}

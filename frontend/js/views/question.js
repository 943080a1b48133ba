// @ts-check
/** The question of a link: choose, then see it play, then read what happened. Nothing of it leaves the page. */

import { fill, h, setText, show, uniqueId } from "../lib/dom.js";
import { icon } from "../lib/icons.js";

const PRIVATE = "Your answer stays on this page.";

/**
 * @typedef {{words: string, choices: string[], about: string, phase: "open" | "playing" | "told", ready: boolean, chosen: number | null, right: number[], verdict: string}} Asked
 */

/** @param {HTMLElement} below @param {{onAnswer: (choice: number) => void, onEnd: () => void, onAgain: () => void}} listeners */
export function createQuestion(below, { onAnswer, onEnd, onAgain }) {
  const name = uniqueId("answer");
  const words = h("h2", { class: "question-words", id: uniqueId("question") });
  const about = h("p", { class: "visually-hidden", id: uniqueId("about") });
  const choices = h("div", { class: "question-choices", role: "radiogroup", "aria-labelledby": words.id, "aria-describedby": about.id });
  const go = h("button", { type: "submit", class: "solid-button" }, "Play and see");
  const end = h("button", { type: "button", class: "link", onclick: onEnd }, "Skip to the end");
  const again = h("button", { type: "button", class: "link", onclick: () => onAgain() }, "Ask again");
  const hint = h("span", { class: "question-hint" });
  const verdict = h("p", { class: "question-verdict", role: "status" });
  const element = h("form", { class: "question", "aria-labelledby": words.id, onsubmit: (event) => submit(event) },
    words, about, choices, h("div", { class: "question-foot" }, go, end, hint, verdict, again));
  below.before(element);
  let boxes = /** @type {HTMLInputElement[]} */ ([]);
  let offered = "";
  let shown = /** @type {Asked | null} */ (null);

  const chosen = () => boxes.findIndex((box) => box.checked);
  const submit = (event) => {
    event.preventDefault();
    if (shown?.phase === "open" && shown.ready && chosen() >= 0) onAnswer(chosen());
  };
  const offer = (list) => {
    offered = JSON.stringify(list);
    boxes = list.map((_, index) => h("input", { type: "radio", name, value: index, onchange: () => follow() }));
    fill(choices, list.map((choice, index) => h("label", { class: "question-choice" }, boxes[index], h("span", {}, choice), h("span", { class: "question-mark" }))));
  };
  const follow = () => {
    go.disabled = !shown?.ready || chosen() < 0;
    if (shown?.phase === "open") setText(hint, shown.ready ? (chosen() < 0 ? `Choose what you expect. ${PRIVATE}` : PRIVATE) : "It is being computed …");
  };

  return {
    element,
    /** @param {Asked | null} next */
    update(next) {
      const phase = shown?.phase;
      const focused = document.activeElement === end;
      shown = next;
      show(element, next !== null);
      if (!next) return;
      setText(words, next.words);
      setText(about, next.about);
      if (JSON.stringify(next.choices) !== offered) offer(next.choices);
      element.dataset.phase = next.phase;
      const open = next.phase === "open";
      if (open && phase && phase !== "open") for (const box of boxes) box.checked = false;
      boxes.forEach((box, index) => {
        box.disabled = !open;
        const mark = /** @type {HTMLElement} */ (box.parentElement);
        const told = next.phase === "told" && next.right.length > 0;
        const sign = told && next.right.includes(index) ? "right" : told && next.chosen === index ? "wrong" : "";
        if (mark.dataset.sign === sign) return;
        mark.dataset.sign = sign;
        fill(/** @type {HTMLElement} */ (mark.lastElementChild), sign && icon(sign === "right" ? "converged" : "close"), sign && h("span", { class: "visually-hidden" }, sign === "right" ? "what happened" : "not what happened"));
      });
      show(go, open);
      show(end, next.phase === "playing");
      show(again, next.phase === "told");
      show(hint, next.phase !== "told");
      if (next.phase === "playing") setText(hint, "Watch what happens.");
      setText(verdict, next.verdict);
      if (focused && next.phase === "told") again.focus({ preventScroll: true });
      follow();
    },
  };
}

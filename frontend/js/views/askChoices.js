// @ts-check
/** The question that goes with a link: ready-made ones, whose right answer the run gives, or one of one's own. */

import { fill, h, setText, show, uniqueId } from "../lib/dom.js";
import { MAX_ANSWER, MAX_QUESTION, MOST_ANSWERS, choicesOf, readyMade, wordsOf } from "../state/question.js";

const HELP = "Whoever opens the link chooses first: until then the picture stands at its start, and curves and results are hidden. Then it plays and says what happened. Answers stay on their page; nothing is sent or stored.";
const NOT_ON_MAPS = "The Map shows all runs at once and has nothing to play, so it asks nothing. Open a run in Compare or Recurrent to ask about it.";
const COMPUTED = "The right answer is computed from the run.";

/** @param {() => void} onChange */
export function createAskChoices(onChange) {
  const [kindId, textId, listId, rightId, helpId] = ["kind", "asked", "answers", "right", "ask-help"].map(uniqueId);
  const now = h("span", { class: "fold-now" });
  const kind = h("select", { id: kindId, onchange: () => changed() });
  const text = h("input", { type: "text", id: textId, class: "share-field", maxlength: MAX_QUESTION, oninput: () => changed() });
  const list = h("textarea", { id: listId, class: "share-field", rows: 3, maxlength: MOST_ANSWERS * (MAX_ANSWER + 1), oninput: () => changed(), "aria-describedby": helpId });
  const right = h("select", { id: rightId, onchange: () => onChange() });
  const preview = h("p", { class: "group-help" });
  const missing = h("p", { class: "field-error", role: "alert", hidden: true });
  const line = (id, label, field, ...more) => h("div", { class: "ask-line" }, h("label", { for: id }, label), field, more);
  const textLine = line(textId, "In these words", text);
  const own = h("div", { class: "ask-own" },
    line(listId, `Choices, one a line (2 to ${MOST_ANSWERS})`, list, h("p", { class: "group-help", id: helpId }, `At most ${MAX_ANSWER} characters each.`)),
    line(rightId, "The right one", right));
  const form = h("div", { class: "ask-form" }, line(kindId, "Question", kind), textLine, own, preview, missing);
  const maps = h("p", { class: "group-help" }, NOT_ON_MAPS);
  const element = h("details", { class: "fold share-fold" }, h("summary", {}, h("span", {}, "Ask a question before it plays"), now), h("div", { class: "fold-body" }, h("p", { class: "group-help" }, HELP), form, maps));
  let experiment = /** @type {any} */ (null);
  let offered = /** @type {import("../state/question.js").Question[]} */ ([]);

  const isOwn = () => kind.value === "own";
  const answers = () => list.value.split("\n").map((words) => words.trim().slice(0, MAX_ANSWER)).filter(Boolean);
  /** What keeps a question of one's own from being asked; "" where nothing does. */
  const lack = () => {
    const choices = answers();
    if (!isOwn()) return "";
    if (!text.value.trim()) return "Write the question; until then the link asks nothing.";
    if (choices.length < 2 || choices.length > MOST_ANSWERS) return `Write 2 to ${MOST_ANSWERS} choices, each on a line of its own; until then the link asks nothing.`;
    return new Set(choices).size < choices.length ? "Two choices are the same; until they differ the link asks nothing." : "";
  };
  /** @returns {import("../state/question.js").Question | null} */
  const question = () => {
    if (kind.value === "" || lack() || !experiment) return null;
    const words = text.value.trim();
    if (isOwn()) return { about: "own", text: words, choices: answers(), ...(right.value === "" ? {} : { right: Number(right.value) }) };
    return { ...offered[Number(kind.value)], ...(words ? { text: words } : {}) };
  };
  const describe = () => {
    const asked = question();
    setText(now, asked ? wordsOf(asked, experiment) : "none");
    show(textLine, kind.value !== "");
    show(own, isOwn());
    text.placeholder = kind.value === "" || isOwn() ? "" : wordsOf(offered[Number(kind.value)], experiment);
    setText(preview, asked && !isOwn() ? `To choose from: ${choicesOf(asked, experiment).join("; ")}. ${COMPUTED}` : "");
    setText(missing, lack());
    show(missing, lack() !== "");
  };
  const offerRight = (chosen) => {
    const choices = answers().slice(0, MOST_ANSWERS);
    fill(right, h("option", { value: "" }, "not said: let them compare"), choices.map((words, index) => h("option", { value: index }, words)));
    right.value = Number(chosen) < choices.length && chosen !== "" ? chosen : "";
  };
  const changed = () => {
    offerRight(right.value);
    describe();
    onChange();
  };

  return {
    element,
    question,
    /** @param {any} now the experiment @param {import("../state/question.js").Question | undefined} asked @param {boolean} onMap */
    update(now, asked, onMap) {
      experiment = onMap ? null : now;
      show(form, !onMap);
      show(maps, onMap);
      offered = onMap ? [] : readyMade(now);
      fill(kind, h("option", { value: "" }, "none"), offered.map((one, index) => h("option", { value: index }, wordsOf(one, now))), h("option", { value: "own" }, "one of my own"));
      const known = asked && !onMap ? offered.findIndex(({ about, variant }) => about === asked.about && variant === asked.variant) : -1;
      kind.value = asked?.about === "own" ? "own" : known < 0 ? "" : String(known);
      text.value = asked?.text ?? "";
      list.value = (asked?.choices ?? []).join("\n");
      offerRight(String(asked?.right ?? ""));
      describe();
    },
  };
}

// @ts-check
/** A link that asks before it plays: the clock is held and results are hidden until somebody has chosen; then the run answers. */

import { reducedMotion } from "./lib/media.js";
import { styled } from "./lib/styled.js";
import { same } from "./state/canonical.js";
import { answerOf, choicesOf, fits, verdictOf, wordsOf } from "./state/question.js";
import { tabOf } from "./state/scenario.js";
import { createQuestion } from "./views/question.js";

/** What would give the answer away before it is chosen, and before it has been seen. */
const HIDDEN = {
  open: ["outcomes", "numbers", "curves", "heat", "gauge", "outputs", "plane_picture", "export", "speed"],
  playing: ["outcomes", "numbers"],
  told: [],
};
/** What cannot be used as long as the question is open. */
const LOCKED = ["controls", "toolbar", "panels", "arithmetic", "recurrent", "player"];

/** Milliseconds until it is looked again whether a training has been judged. */
const JUDGED_AFTER = 300;

/** @typedef {"open" | "playing" | "told"} Phase */

/**
 * @param {{store: ReturnType<typeof import("./state/store.js").createStore<any>>, playback: ReturnType<typeof import("./playback.js").createPlayback>}} tools
 */
export async function createAsking({ store, playback }) {
  await styled("question");
  const { clock } = playback;
  const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  let posed = /** @type {{question: any, experiment: any, phase: Phase, chosen: number | null} | null} */ (null);
  let locked = false;
  const view = createQuestion(place("toolbar"), { onAnswer: answer, onEnd: end, onAgain: again });

  /** The finished run that answers, or null as long as there is none. */
  const run = () => {
    const { document: { view: { tab } }, session: { result, lab } } = store.get();
    if (tab === "recurrent") return lab?.complete ? lab : null;
    return result?.exact ? result : null;
  };
  const computed = () => run() ?? (store.get().document.view.tab === "recurrent" ? store.get().session.lab : null);
  /** Whether what is asked about is on the screen, and can be computed. */
  const isShown = () => {
    const { document, session } = store.get();
    const { experiment, question } = document;
    if (!posed || session.refused.length || tabOf(document, session.catalog) === "map" || !same(question ?? null, posed.question)) return false;
    return experiment === posed.experiment || same(experiment, posed.experiment);
  };

  function lock(next) {
    locked = next;
    clock.hold(locked);
    for (const id of LOCKED) place(id).inert = locked;
    playback.wake();
  }

  function answer(chosen) {
    if (!posed) return;
    Object.assign(posed, { phase: "playing", chosen });
    show();
    const [first] = view.element.querySelectorAll("button:not([hidden])");
    first?.focus();
    if (reducedMotion.matches && run()) playback.seek(Infinity);
    else if (run()) playback.restart();
    else clock.follow(Infinity);
    playback.wake();
  }

  /** A training that is not finished has no end yet: it is followed there. */
  function end() {
    if (run()) playback.seek(Infinity);
    else clock.follow(Infinity);
    playback.wake();
  }

  function again() {
    if (!posed) return;
    Object.assign(posed, { phase: "open", chosen: null });
    show();
    view.element.querySelector("input")?.focus();
  }

  /** Bring the page to what is asked, and how far it is. */
  function show() {
    const active = isShown();
    const phase = active ? /** @type {any} */ (posed).phase : null;
    if ((phase === "open") !== locked) lock(phase === "open");
    const hide = phase ? HIDDEN[/** @type {Phase} */ (phase)] : [];
    if (!same(store.get().session.asked?.hide ?? [], hide) || store.get().session.asked?.phase !== phase) store.note({ asked: phase && { phase, hide } });
    view.update(active ? asked(/** @type {any} */ (posed)) : null);
  }

  /** @returns {import("./views/question.js").Asked} */
  function asked({ question, experiment, phase, chosen }) {
    const choices = choicesOf(question, experiment);
    const base = { words: wordsOf(question, experiment), choices, about: aboutOf(experiment), phase, chosen, ready: computed() !== null };
    const finished = run();
    if (phase !== "told" || !finished) return { ...base, right: [], verdict: "" };
    const { right, happened } = answerOf(question, experiment, finished.variants);
    return { ...base, right, verdict: verdictOf(choices[/** @type {number} */ (chosen)], right.includes(/** @type {number} */ (chosen)), happened) };
  }

  /** What has played to its end is told; a training that is seen to its end may still be judged. */
  function rest() {
    if (posed?.phase === "open" && locked) show();
    if (posed?.phase !== "playing" || clock.playing || !clock.atEnd || !isShown()) return;
    if (!run()) {
      setTimeout(rest, JUDGED_AFTER);
      return;
    }
    posed.phase = "told";
    show();
  }

  const listen = (state, previous, cause) => {
    if (!posed) return;
    if (cause === "adopt" && same(posed.experiment, previous.document.experiment)) posed.experiment = state.document.experiment;
    const moved = state.document !== previous.document || ["result", "lab", "catalog", "refused"].some((key) => state.session[key] !== previous.session[key]);
    if (moved) show();
  };
  store.subscribe(listen);

  return {
    /** Before a document is opened: what it asks is asked anew. @param {any} document */
    pose({ question, experiment }) {
      const asks = question && fits(question, experiment);
      posed = asks ? { question, experiment, phase: "open", chosen: null } : null;
      if (asks && !isShown()) lock(true);
      else show();
    },
    /** Everything stands still. */
    rest,
  };
}

/** What is compared, for those who do not see the pictures. */
const aboutOf = ({ variants }) => `Compared: ${variants.slice(0, 4).map(({ name }) => name).join(", ")}.`;

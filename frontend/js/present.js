// @ts-check
/** What the views are given: the state, and everything that follows from it. */

import { isFramed } from "./lib/home.js";
import { themeFor } from "./lib/media.js";
import { rulesOf } from "./rules.js";
import { same } from "./state/canonical.js";
import { MAX_SHOWN, filled } from "./state/scenario.js";

/** The last answer, as long as the question is the same. @template T @param {(...inputs: any[]) => T} work */
function remembered(work) {
  let last = /** @type {{inputs: any[], output: T} | null} */ (null);
  return (...inputs) => {
    if (!last || inputs.some((input, index) => input !== last?.inputs[index])) last = { inputs, output: work(...inputs) };
    return last.output;
  };
}

/** What a preset says of itself, as long as its landscape or network is on screen. @param {any} preset @param {any} experiment */
function ideaOf({ title, idea, experiment: made }, experiment) {
  if (experiment.problem.kind !== made.problem.kind) return undefined;
  return { title, note: idea, mark: same(experiment, made) ? "" : "changed; said of the original" };
}

/** @param {ReturnType<import("./state/store.js").createStore<any>>} store */
export function createPresent(store) {
  const rulesFor = remembered((catalog, result) => (result ? rulesOf(catalog, result) : []));
  const filledOnce = remembered(filled);
  const ideaFor = remembered(ideaOf);
  return () => {
    const { document, session } = store.get();
    const hide = [...(session.unveiled ? [] : document.view.hide), ...(session.asked?.hide ?? [])];
    /** The idea of a preset tells how it ends: not where that is hidden or asked, and a frame has words around it. */
    const tells = session.preset && !document.question && !hide.includes("outcomes") && !isFramed();
    return {
      document: filledOnce(document, session.catalog),
      session: {
        ...session,
        rules: rulesFor(session.catalog, session.result),
        shown: Math.min(MAX_SHOWN, session.result?.variants.length ?? 0),
        theme: themeFor(document.view.theme),
        hide,
        idea: tells ? ideaFor(session.preset, document.experiment) : undefined,
        canUndo: store.canUndo(),
        canRedo: store.canRedo(),
      },
    };
  };
}

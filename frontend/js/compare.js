// @ts-check
/** Keeps picture and document together: asks for the run of every change, and for every notch of a grabbed slider. */

import { Refusal } from "./api/errors.js";
import { createCoalescer, createLatest } from "./api/latest.js";
import { affordable } from "./api/questions.js";
import { debounce } from "./lib/dom.js";
import { nearest } from "./lib/scale.js";
import { same } from "./state/canonical.js";
import { filled } from "./state/scenario.js";

/** Points per side of the surface: what a first map needs, and what a fine one and the 3-D view need. */
const MAP_GRID = 73;
const FINE_GRID = 121;
/** Milliseconds after a first, light picture of a map until a fine one is fetched: walls are steep, and coarse ones have teeth. */
const REFINE_AFTER = 1500;

/**
 * @param {{store: ReturnType<import("./state/store.js").createStore<any>>, questions: ReturnType<import("./api/questions.js").createQuestions>}} options
 */
export function createCompare({ store, questions }) {
  const [runs, fans] = [createLatest(), createLatest()];
  /** @type {{fan: import("./api/fan.js").Fan | null, exact: boolean, notch?: number} | null} */
  let grabbed = null;

  const refuse = (error) => {
    if (!(error instanceof Refusal)) throw error;
    store.note({ refused: error.complaints.length ? error.complaints : [{ where: "", what: error.message, remedy: "" }], busy: false });
  };

  /** Run and surface of an experiment, shown together or not at all. */
  const picture = async (document, signal, shared = false) => {
    const { experiment } = document;
    const run = questions.run(experiment, Boolean(document.view.slow), signal, shared);
    const ask = [run, questions.surface(experiment.problem, resolutionOf(document), signal, shared)];
    const [result, surface] = await Promise.all(ask);
    return { result, surface };
  };
  /** The landscape of which there is a fine map. */
  let fine = /** @type {any} */ (null);
  const resolutionOf = ({ experiment, view }) => (view.surface === "surface" || same(fine, experiment.problem) ? FINE_GRID : MAP_GRID);

  const refine = debounce(async () => {
    const { problem } = store.get().session.result.experiment;
    try {
      const surface = await questions.surface(problem, FINE_GRID, undefined);
      if (!same(problem, store.get().session.result?.experiment.problem)) return;
      fine = problem;
      store.note({ surface });
    } catch (error) {
      refuse(error);
    }
  }, REFINE_AFTER);

  const showExact = async (document, shared) => {
    const slow = setTimeout(() => store.note({ busy: true }), 400);
    try {
      const shown = await runs.run((signal) => picture(document, signal, shared));
      if (!shown) return;
      store.note({ ...shown, refused: [], busy: false });
      if (shown.surface.columns < FINE_GRID) refine();
      adopt(document, shown.result.experiment);
    } catch (error) {
      refuse(error);
    } finally {
      clearTimeout(slow);
    }
  };

  /** The server wrote out every default: keep that, so that links stay the same when defaults change. */
  const adopt = (document, experiment) => {
    const current = store.get().document;
    if (current.experiment === document.experiment && !same(experiment, current.experiment)) store.adopt({ ...current, experiment });
  };

  const moving = createCoalescer(async (document) => {
    try {
      const shown = await picture(document, undefined);
      if (store.get().document === document || grabbed) store.note({ ...shown, refused: [] });
    } catch (error) {
      refuse(error);
    }
  });

  const showNotch = () => {
    if (!grabbed?.fan || grabbed.notch === undefined) return;
    const { document, session } = store.get();
    const { values } = grabbed.fan;
    const notch = nearest(values, grabbed.notch, values[0] > 0 ? "log" : "linear");
    store.note({ result: grabbed.fan.at(notch, filled(document, session.catalog).experiment), refused: [] });
  };

  return {
    /** A document that is here to stay. @param {any} document @param {boolean} shared others see the same: it came by a link or a preset */
    settle(document, shared) {
      grabbed = null;
      moving.clear();
      fans.stop();
      return showExact(document, shared);
    },
    /** A slider is held: fetch what every notch would show. @param {{axis: string | null, values: number[]}} grab */
    async grab({ axis, values }) {
      const { document, session } = store.get();
      const experiment = filled(document, session.catalog).experiment;
      const some = axis ? affordable(experiment, values) : null;
      const mine = { fan: /** @type {any} */ (null), exact: some === null, notch: /** @type {number | undefined} */ (undefined) };
      grabbed = mine;
      if (!axis || !some) return;
      try {
        const fan = await fans.run((signal) => questions.fan(experiment, axis, some, signal));
        mine.fan = fan ?? null;
        if (fan && grabbed === mine) showNotch();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        mine.exact = true;
      }
    },
    /** The document on its way: from the fan without a round trip, or asked for as fast as answers come. */
    pass(document, notch) {
      if (grabbed) grabbed.notch = notch;
      if (grabbed && !grabbed.exact) showNotch();
      else moving.push(document);
    },
    /** Nothing of this tab is wanted any more. */
    leave() {
      grabbed = null;
      moving.clear();
      refine.cancel();
      fans.stop();
      runs.stop();
    },
    /** Whether something is on its way: a slider or the start is held. */
    holding: () => grabbed !== null || store.get().document !== store.settled(),
    /** Let go without a change. */
    release() {
      if (store.get().document === store.settled()) grabbed = null;
    },
  };
}

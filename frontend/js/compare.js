// @ts-check
/** Keeps picture and document together: asks for the run of every change, and for every notch of a grabbed slider. */

import { Refusal } from "./api/errors.js";
import { createCoalescer, createLatest } from "./api/latest.js";
import { debounce } from "./lib/dom.js";
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
  const runs = createLatest();
  /** What is held: a slider, or the start. Every hold is another object, so that answers know whose they are. @type {{notch?: number} | null} */
  let held = null;
  let dragging = /** @type {ReturnType<import("./dragging.js").createDragging> | null} */ (null);
  let loading = /** @type {Promise<void> | null} */ (null);
  let unreachable = false;

  const refuse = (error) => {
    if (!(error instanceof Refusal)) throw error;
    store.note({ refused: error.complaints.length ? error.complaints : [{ where: "", what: error.message, remedy: "" }], busy: false });
  };

  /** Run and surface of an experiment, shown together or not at all. */
  const picture = async (document, signal, shared = false) => {
    const { experiment } = document;
    const resolution = resolutionOf(document);
    const run = questions.run(experiment, Boolean(document.view.slow), signal, shared);
    const ask = [run, questions.surface(experiment.problem, resolution, signal, shared)];
    const [result, surface] = await Promise.all(ask);
    questions.keepSurface(result.experiment.problem, resolution, surface);
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

  /** Pictures that are asked for one by one while something is held. */
  const moving = createCoalescer(async ({ document, hold }) => {
    try {
      const shown = await picture(document, undefined);
      const current = store.get().document === document;
      if (current || (hold && hold === held && dragging?.asks())) store.note({ ...shown, refused: [] });
    } catch (error) {
      refuse(error);
    }
  });
  const ask = (document) => moving.push({ document, hold: held });

  const experimentOf = (document) => filled(document, store.get().session.catalog).experiment;
  /** Dragging is fetched after the first picture, or when a slider is neared before. */
  const prepare = () => {
    loading ??= import("./dragging.js").then(
      ({ createDragging }) => {
        dragging = createDragging({
          questions, experimentOf,
          windowOf: () => store.get().session.surface?.window,
          onPicture(notch) {
            const shown = held && dragging?.picture(store.get().document, notch);
            if (shown) store.note(shown);
            if (held && shown === null && notch !== undefined) ask(store.get().document);
          },
          onRest: () => held && ask(store.get().document),
        });
      },
      (error) => {
        loading = null;
        if (!(error instanceof TypeError)) throw error;
        unreachable = true;
      },
    );
    return loading;
  };

  /** Let go without a change. */
  const release = () => {
    if (!held || store.get().document !== store.settled()) return;
    held = null;
    dragging?.letGo(store.get().document);
  };

  return {
    prepare,
    /** A document that is here to stay. @param {any} document @param {boolean} shared others see the same: it came by a link or a preset */
    settle(document, shared) {
      held = null;
      moving.clear();
      dragging?.letGo(document);
      return showExact(document, shared);
    },
    /** A slider is held, or may be soon: fetch what every notch would show. @param {import("./dragging.js").Grab & {held: boolean}} grab */
    async grab(grab) {
      if (!grab.held) release();
      const mine = grab.held ? (held = {}) : held;
      await prepare();
      if (mine !== held) return;
      const { document } = store.get();
      if (!dragging) return held?.notch === undefined ? undefined : ask(document);
      if (grab.held) dragging.grab(grab, document, held?.notch);
      else dragging.near(grab, document);
    },
    /** The document on its way: shown from memory, or asked for as fast as answers come. @param {any} document @param {number} [notch] of the held slider */
    pass(document, notch) {
      held ??= {};
      held.notch = notch;
      if (!dragging) prepare();
      const waits = notch === undefined || unreachable ? null : undefined;
      const shown = dragging ? dragging.picture(document, notch) : waits;
      store.update(() => document, { passing: true, session: shown ?? undefined });
      if (shown === null) ask(document);
    },
    /** Nothing of this tab is wanted any more. */
    leave() {
      held = null;
      moving.clear();
      refine.cancel();
      dragging?.letGo(null);
      runs.stop();
    },
    /** Whether something is on its way: a slider or the start is held. */
    holding: () => held !== null || store.get().document !== store.settled(),
    release,
  };
}

// @ts-check
/** Pictures of what is held, from memory: every notch of a slider, and starts near the pointer. Fetched when a slider is first neared. */

import { Refusal } from "./api/errors.js";
import { decodeFan } from "./api/fan.js";
import { affordable } from "./api/questions.js";
import { nearest } from "./lib/scale.js";
import { createStarts } from "./starts.js";
import { canonicalJson } from "./state/canonical.js";

/**
 * @typedef {{axis: string | null, values: number[], change: (value: any) => (document: any) => any}} Grab a slider: what it moves along (null: cannot be
 *   batched), its notches, and what a notch changes
 * @typedef {{result: import("./api/results.js").Result, refused: never[]}} Picture
 * @typedef {{fan: import("./api/fan.js").Fan | null, asks: boolean, notch?: number}} Hold `asks`: every value is asked for, because there is no batch
 */

/**
 * @param {{questions: ReturnType<import("./api/questions.js").createQuestions>, experimentOf: (document: any) => any,
 *   windowOf: () => number[][] | undefined, onPicture: (notch?: number) => void, onRest: () => void}} options `onPicture`: there is something new to show; `onRest`: the held start stands still
 */
export function createDragging({ questions, experimentOf, windowOf, onPicture, onRest }) {
  const batches = createBatches(questions);
  const starts = createStarts({ questions, experimentOf, windowOf, onPicture: () => onPicture(), onRest });
  /** Batches that the server will not compute. */
  const refused = new Set();
  /** @type {Hold | null} */
  let hold = null;
  /** The slider that the newest batch is for. */
  let near = /** @type {Grab | null} */ (null);

  /** What one request asks for: the experiment without the value that the slider sets, so that the answer stays right when it is moved. */
  const batchOf = ({ axis, values, change }, document) => {
    if (!axis) return null;
    const experiment = experimentOf(change(values[0])(document));
    const some = affordable(experiment, values);
    const key = canonicalJson([axis, values, experiment]);
    return some && !refused.has(key) ? { key, experiment, axis, values: some } : null;
  };

  const fetched = async (batch) => {
    try {
      return await batches.get(batch);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.add(batch.key);
      return null;
    }
  };

  return {
    /** A slider may be grabbed soon. @param {Grab} grab */
    near(grab, document) {
      const batch = batchOf(grab, document);
      if (!batch) return;
      near = grab;
      fetched(batch);
    },
    /** @param {Grab} grab */
    async grab(grab, document, notch = /** @type {number | undefined} */ (undefined)) {
      const batch = batchOf(grab, document);
      const mine = /** @type {Hold} */ ({ fan: null, asks: batch === null, notch });
      [hold, near] = [mine, grab];
      if (!batch) return notch === undefined ? undefined : onPicture(notch);
      const fan = await fetched(batch);
      if (hold !== mine) return;
      mine.fan = fan;
      mine.asks = refused.has(batch.key);
      if (mine.notch !== undefined) onPicture(mine.notch);
    },
    /** What a document on its way looks like. Undefined: nothing yet; null: it has to be asked for. @returns {Picture | undefined | null} */
    picture(document, notch) {
      if (notch === undefined) return starts.picture(document);
      if (!hold || hold.asks) return null;
      hold.notch = notch;
      if (!hold.fan) return undefined;
      const { values } = hold.fan;
      const index = nearest(values, /** @type {number} */ (notch), values[0] > 0 ? "log" : "linear");
      return { result: hold.fan.at(index, experimentOf(document)), refused: [] };
    },
    /** Whether every value on the way is asked for, so that an answer may be shown although the thumb is elsewhere by now. */
    asks: () => hold?.asks ?? false,
    /** Nothing is held any more, and `document` is shown (null: the tab is left): what was prefetched for another one is not wanted. */
    letGo(document) {
      hold = null;
      starts.letGo();
      const wanted = near && document && document.experiment.variants.length === batches.variants() ? batchOf(near, document)?.key : null;
      if (wanted !== batches.key()) batches.stop();
    },
  };
}

/** One batch at a time: a newer one stops the older. @param {ReturnType<import("./api/questions.js").createQuestions>} questions */
function createBatches(questions) {
  let flight = /** @type {{key: string, variants: number, controller: AbortController, answer: Promise<any>} | null} */ (null);

  const stop = () => {
    flight?.controller.abort();
    flight = null;
  };
  const ask = async ({ experiment, axis, values }, controller) => {
    try {
      return await questions.batch(experiment, axis, values, decodeFan, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return null;
      throw error;
    } finally {
      if (flight?.controller === controller) flight = null;
    }
  };
  return {
    stop,
    key: () => flight?.key,
    variants: () => flight?.variants,
    /** The batch, or null where it is no longer wanted. */
    get(batch) {
      if (flight?.key === batch.key) return flight.answer;
      stop();
      const controller = new AbortController();
      const mine = { key: batch.key, variants: batch.experiment.variants.length, controller, answer: Promise.resolve(null) };
      flight = mine;
      mine.answer = ask(batch, controller);
      return mine.answer;
    },
  };
}

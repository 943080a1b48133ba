// @ts-check
/** Who may still answer: a newer question makes the older one's answer worthless. */

const GRACE = 300;

/** Most answers are on their way already: only a long one is worth stopping. @param {AbortController} controller */
function retire(controller) {
  setTimeout(() => controller.abort(), GRACE);
}

/**
 * Runs one task at a time; starting another stops the one before, and at once the one before that: of a tab the server works on two questions
 * of a kind. The stopped ones resolve to undefined.
 */
export function createLatest() {
  let [older, controller] = [new AbortController(), new AbortController()];
  const replace = () => {
    older.abort();
    older = controller;
    retire(older);
    controller = new AbortController();
  };
  return {
    /** @template T @param {(signal: AbortSignal) => Promise<T>} task @returns {Promise<T | undefined>} */
    async run(task) {
      replace();
      const mine = controller;
      try {
        const value = await task(mine.signal);
        return controller === mine ? value : undefined;
      } catch (error) {
        if (controller !== mine) return undefined;
        throw error;
      }
    },
    stop: replace,
  };
}

/**
 * For questions that come faster than answers: one is under way, the newest waits, those between are dropped. Unlike
 * with `createLatest` every answer is shown, so the picture keeps moving.
 * @template Q @param {(question: Q) => Promise<void>} ask
 */
export function createCoalescer(ask) {
  /** @type {Q[]} */
  let waiting = [];
  let busy = false;
  const next = async () => {
    busy = true;
    while (waiting.length) {
      const question = /** @type {Q} */ (waiting.pop());
      waiting = [];
      await ask(question);
    }
    busy = false;
  };
  return {
    /** @param {Q} question */
    push(question) {
      waiting = [question];
      if (!busy) next();
    },
    clear() {
      waiting = [];
    },
  };
}

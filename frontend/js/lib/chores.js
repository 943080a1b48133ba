// @ts-check
/** Work that may wait for the next frame: a few milliseconds of it at a time, so that what moves keeps moving. */

const SHARE = 6;

/** @param {() => void} onMore called when something is left to do */
export function createChores(onMore) {
  /** @type {Map<string, () => void>} */
  const waiting = new Map();
  return {
    /** A later piece of work of the same name takes the place of the one that waits. @param {string} name @param {() => void} work */
    add(name, work) {
      waiting.set(name, work);
      onMore();
    },
    /** Do some of it. */
    run() {
      const until = performance.now() + SHARE;
      for (const [name, work] of waiting) {
        waiting.delete(name);
        work();
        if (performance.now() > until) break;
      }
      if (waiting.size) onMore();
    },
  };
}

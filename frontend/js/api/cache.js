// @ts-check
/** The answers used last. The same question has the same answer, so nothing ever goes stale. */

/** @template T @param {number} capacity */
export function createCache(capacity) {
  /** @type {Map<string, T>} */
  const entries = new Map();
  return {
    /** @param {string} key @returns {T | undefined} */
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    /** @param {string} key @param {T} value */
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > capacity) entries.delete(/** @type {string} */ (entries.keys().next().value));
    },
    get size() {
      return entries.size;
    },
  };
}

// @ts-check
/** The answers used last. The same question has the same answer, so nothing ever goes stale. */

/** What a small answer counts: its words and objects. */
const LEAST = 4096;

/** @template T @param {number} room bytes of arrays that are kept */
export function createCache(room) {
  /** @type {Map<string, {value: T, size: number}>} */
  const entries = new Map();
  let total = 0;
  const remove = (key) => {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  };
  return {
    /** @param {string} key @returns {T | undefined} */
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    /** @param {string} key @param {T} value */
    set(key, value) {
      remove(key);
      const size = LEAST + sizeOf(value);
      entries.set(key, { value, size });
      total += size;
      while (total > room && entries.size > 1) remove(/** @type {string} */ (entries.keys().next().value));
    },
    get size() {
      return entries.size;
    },
  };
}

/** Bytes of the arrays in an answer; one that has but a block says how large that is. @returns {number} */
function sizeOf(value) {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return typeof value[0] === "number" ? 8 * value.length : value.reduce((sum, part) => sum + sizeOf(part), 0);
  if (value === null || typeof value !== "object") return 0;
  return typeof value.bytes === "number" ? value.bytes : sizeOf(Object.values(value));
}

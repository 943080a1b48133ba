// @ts-check
/**
 * How many questions of a kind may be under way: a further one stops the oldest. The server does the same for every tab; stopping it here
 * is sooner, and the console stays silent.
 */

import { Superseded } from "./errors.js";

/** @param {number} most */
export function createPlaces(most) {
  /** What is under way, by kind, the oldest first. @type {Map<string, AbortController[]>} */
  const kinds = new Map();
  /**
   * Do a task that stops by a signal: when the caller's does, or when its place is taken; then it throws Superseded. @template T
   * @param {string} kind @param {AbortSignal | undefined} signal @param {(signal: AbortSignal) => Promise<T>} task @returns {Promise<T>}
   */
  return async (kind, signal, task) => {
    const mine = new AbortController();
    const leave = () => mine.abort();
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    const places = kinds.get(kind) ?? [];
    kinds.set(kind, places);
    places.push(mine);
    if (places.length > most) places.shift()?.abort();
    try {
      return await task(mine.signal);
    } catch (error) {
      if (mine.signal.aborted && !signal?.aborted) throw new Superseded("A newer question has taken its place");
      throw error;
    } finally {
      signal?.removeEventListener("abort", leave);
      if (places.includes(mine)) places.splice(places.indexOf(mine), 1);
    }
  };
}

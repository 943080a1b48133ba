// @ts-check
/** Questions to the server: cached, repeated while the server is away, stopped when no longer wanted. */

import { HOME } from "../lib/home.js";
import { canonicalJson } from "../state/canonical.js";
import { createCache } from "./cache.js";
import { Refusal, Superseded, Unavailable, errorOf } from "./errors.js";
import { createPlaces } from "./places.js";

const BASE = `${HOME}api/v1/`;
const FIRST_WAIT = 0.5;
const LONGEST_WAIT = 10;
const CACHE_BYTES = 96e6;

/** Questions of one kind that may be under way, as on the server. */
const MOST = 2;
/** A run, a slider's notches, a surface, ... @param {string} path @param {any} body */
const kindOf = (path, body) => path.split("?")[0] + (body?.axes ? " with axes" : "");

const keyOf = (path, body) => `${path} ${body === undefined ? "" : canonicalJson(body)}`;

/**
 * @typedef {{state: "fine"} | {state: "away", reason: string, retryAt: number}} Connection
 * @param {{onConnection: (connection: Connection) => void, base?: string, fetcher?: typeof fetch}} options
 */
export function createClient({ onConnection, base = BASE, fetcher = (...args) => fetch(...args) }) {
  const cache = createCache(CACHE_BYTES);
  /** Requests that are waiting to be tried again: how to wake each of them. @type {Set<() => void>} */
  const waiting = new Set();
  let troubles = 0;
  /** Tells the server which questions come from one tab: of a kind it answers the newest. */
  const tab = { "clipscape-tab": crypto.getRandomValues(new Uint32Array(4)).join("-") };

  const inPlace = createPlaces(MOST);

  const reach = async (path, body, signal) => {
    const asked = body === undefined ? { headers: tab } : { method: "POST", body: canonicalJson(body), headers: { ...tab, "content-type": "application/json" } };
    let response;
    try {
      response = await fetcher(base + path, { ...asked, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unavailable("The server cannot be reached");
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  };

  const attempt = async (path, body, signal, read) => {
    const response = await reach(path, body, signal);
    try {
      return await read(response);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unavailable("The answer was cut off");
    }
  };

  const pause = (seconds, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => wake(), seconds * 1000);
      const wake = () => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve(undefined);
      };
      waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });

  /** Ask until there is an answer, with longer and longer waits; the connection is fine when nobody waits any more. */
  const insist = async (task, signal) => {
    let troubled = false;
    const well = () => {
      if (troubled) troubles -= 1;
      if (troubled && troubles === 0) onConnection({ state: "fine" });
      troubled = false;
    };
    /** @param {Unavailable} error @returns how long to wait, and shows it */
    const trouble = (error, wait) => {
      const seconds = Math.max(wait, error.wait) * (0.8 + 0.4 * Math.random());
      if (!troubled) troubles += 1;
      troubled = true;
      onConnection({ state: "away", reason: error.message, retryAt: Date.now() + seconds * 1000 });
      return seconds;
    };
    try {
      for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
        try {
          return await task(well);
        } catch (error) {
          if (error instanceof Superseded) await pause(wait, signal);
          else if (error instanceof Unavailable) await pause(trouble(error, wait), signal);
          else throw error;
          if (signal?.aborted) throw new DOMException("no longer wanted", "AbortError");
        }
      }
    } finally {
      well();
    }
  };

  return {
    /**
     * Ask and keep the decoded answer. @template T
     * @param {string} path @param {any} body undefined: GET @param {(answer: any) => T} decode
     * @param {AbortSignal} [signal] @param {{read?: (response: Response) => Promise<any>, keep?: boolean, address?: string}} [how]
     *   `address`: the same question as an address, tried first: caches on the way may know its answer @returns {Promise<T>}
     */
    async ask(path, body, decode, signal, { read = (response) => response.json(), keep = true, address } = {}) {
      const key = keyOf(path, body);
      const known = cache.get(key);
      if (known !== undefined) return known;
      const byPost = (own) => attempt(path, body, own, read);
      const byAddress = (own) => attempt(address, undefined, own, read).catch((error) => {
        if (error instanceof Refusal && error.code === "other_engine") return byPost(own);
        throw error;
      });
      const answer = decode(await insist(() => inPlace(kindOf(path, body), signal, address ? byAddress : byPost), signal));
      if (keep) cache.set(key, answer);
      return answer;
    },
    /** Another way to ask for what is known: going back to a document whose defaults have been written out since asks nothing. */
    keep(path, body, answer) {
      const key = keyOf(path, body);
      if (cache.get(key) === undefined) cache.set(key, answer);
    },
    /**
     * Ask and read the answer while it comes; from the start again where it broke off. @template T
     * @param {string} path @param {any} body @param {(response: Response) => Promise<T>} read throws Unavailable where the answer is cut off
     * @param {AbortSignal} signal @returns {Promise<T>}
     */
    follow: (path, body, read, signal) => insist((well) => inPlace(kindOf(path, body), signal, async (own) => {
      const response = await reach(path, body, own);
      well();
      return read(response);
    }), signal),
    /** Ask once; what goes wrong is told at once. @param {string} path @param {any} body @returns {Promise<any>} */
    once: (path, body) => attempt(path, body, undefined, (response) => response.json()),
    /** Try again at once: the network is back, or somebody pressed the button. */
    retryNow() {
      for (const wake of waiting) wake();
    },
  };
}

// @ts-check
/** Stability maps: asked for as a stream, stopped when no longer wanted, begun again where a stream breaks; a dear one waits to be started. */

import { createCache } from "./api/cache.js";
import { Refusal } from "./api/errors.js";
import { readEvents } from "./api/events.js";
import { createLatest } from "./api/latest.js";
import { ESTIMATE, SWEEP, sweepFrom, writeEvent } from "./api/sweeps.js";
import { canonicalJson } from "./state/canonical.js";

const KEPT_BYTES = 32e6;

/**
 * @typedef {"waiting" | "offered" | "running" | "complete" | "cancelled" | "refused"} SweepState
 * @param {{client: any, onSweep: (sweep: import("./api/sweeps.js").Sweep) => void, onState: (state: SweepState) => void, onEstimate: (estimate: any) => void,
 *   onRefused: (complaints: any[]) => void}} options  `onSweep` is called at every event
 */
export function createSweeping({ client, onSweep, onState, onEstimate, onRefused }) {
  /** Maps that were computed to their end. @type {ReturnType<typeof createCache<any>>} */
  const finished = createCache(KEPT_BYTES);
  const estimates = createLatest();
  let controller = new AbortController();
  let wanted = "";

  const refuse = (error) => {
    if (!(error instanceof Refusal)) throw error;
    wanted = "";
    onState("refused");
    onRefused(error.complaints.length ? error.complaints : [{ where: "", what: error.message, remedy: "" }]);
  };

  /** One attempt at a stream; `held` keeps what an earlier attempt has brought. */
  const attempt = (held, signal) => async (response) => {
    await readEvents(response, (name, data) => {
      if (signal.aborted) return;
      if (name === "start") held.sweep ??= sweepFrom(data);
      else writeEvent(held.sweep, name, data);
      if (name === "start") onState("running");
      onSweep(held.sweep);
    });
    return held.sweep;
  };

  const compute = async (body) => {
    const { signal } = controller;
    onState("waiting");
    try {
      const sweep = await client.follow(SWEEP, body, attempt({ sweep: null }, signal), signal);
      if (signal.aborted) return;
      finished.set(wanted, sweep);
      onState("complete");
    } catch (error) {
      if (!signal.aborted) refuse(error);
    }
  };

  const stop = () => {
    controller.abort();
    controller = new AbortController();
  };

  return {
    /** Show the map of a question; the one before is stopped. @param {any} body @param {boolean} dear only its price is told: it waits for `start` */
    want(body, dear) {
      const key = canonicalJson(body);
      if (key === wanted) return;
      stop();
      wanted = key;
      const known = finished.get(key);
      if (known) {
        onSweep(known);
        onState("complete");
      } else if (dear) onState("offered");
      else compute(body);
    },
    /** What it would cost, and what could be chosen. @param {any} body */
    async estimate(body) {
      try {
        const estimate = await estimates.run((signal) => client.ask(ESTIMATE, body, (answer) => answer, signal));
        if (estimate) onEstimate(estimate);
      } catch (error) {
        refuse(error);
      }
    },
    /** Compute what waits to be started. @param {any} body */
    start(body) {
      stop();
      wanted = canonicalJson(body);
      compute(body);
    },
    /** Stop computing; what has come stays. */
    cancel() {
      stop();
      wanted = "";
      onState("cancelled");
    },
    /** The axes were written out: the same map under its full name. @param {any} body */
    rename(body) {
      wanted = canonicalJson(body);
    },
    stop() {
      estimates.stop();
      stop();
    },
  };
}

// @ts-check
/** Runs of networks: asked for as a stream, stopped when no longer wanted, and begun again where a stream breaks. */

import { Refusal } from "./api/errors.js";
import { readEvents } from "./api/events.js";
import { createWriter, growingFrom } from "./api/growing.js";
import { createCache } from "./api/cache.js";
import { canonicalJson } from "./state/canonical.js";

const PATH = "simulate/stream?arrays=base64";

/**
 * @param {{client: any, onRun: (run: import("./api/growing.js").Growing) => void, onChunk: (run: import("./api/growing.js").Growing) => void,
 *   onState: (state: "waiting" | "running" | "complete" | "cancelled" | "refused") => void, onRefused: (complaints: any[]) => void}} options
 */
export function createTraining({ client, onRun, onChunk, onState, onRefused }) {
  /** Runs that were computed to their end. @type {ReturnType<typeof createCache<any>>} */
  const finished = createCache(6);
  let controller = new AbortController();
  let wanted = "";

  const finish = (key, run) => {
    finished.set(key, run);
    onState("complete");
  };

  /** One attempt at a stream; `held` keeps what an earlier attempt has brought. */
  const attempt = (held, show) => async (response) => {
    let writer = /** @type {any} */ (null);
    await readEvents(response, (name, data) => {
      if (name === "start") {
        held.run ??= growingFrom(data);
        writer = createWriter(held.run);
      } else writer?.[name]?.(data);
      if (name === "chunk" || name === "end") show(held.run);
    });
    return held.run;
  };

  const compute = async (key, experiment, signal) => {
    const { start, ...rest } = experiment;
    const held = { run: /** @type {any} */ (null), shown: false };
    const show = (run) => {
      if (signal.aborted) return;
      if (!held.shown) onRun(run);
      held.shown = true;
      onState("running");
      onChunk(run);
    };
    try {
      const run = await client.follow(PATH, { version: 1, experiment: rest }, attempt(held, show), signal);
      if (!signal.aborted) finish(key, run);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      onState("refused");
      onRefused(error.complaints.length ? error.complaints : [{ where: "", what: error.message, remedy: "" }]);
    }
  };

  const stop = () => {
    controller.abort();
    controller = new AbortController();
  };

  return {
    /** Show the run of an experiment; the one before is stopped. @param {any} experiment @param {{again?: boolean}} [options] */
    want(experiment, { again = false } = {}) {
      const key = canonicalJson(experiment);
      if (key === wanted && !again) return;
      stop();
      wanted = key;
      const known = finished.get(key);
      if (known) {
        onRun(known);
        onChunk(known);
        onState("complete");
        return;
      }
      onState("waiting");
      compute(key, experiment, controller.signal);
    },
    /** Stop computing; what has come stays. */
    cancel() {
      stop();
      wanted = "";
      onState("cancelled");
    },
    /** The server wrote the experiment out: the same run under its full name. @param {any} experiment */
    rename(experiment) {
      wanted = canonicalJson(experiment);
    },
  };
}

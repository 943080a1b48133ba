// @ts-check
/** Runs of networks: asked for as a stream, stopped when no longer wanted, and begun again where a stream breaks. */

import { Refusal } from "./api/errors.js";
import { readEvents } from "./api/events.js";
import { createWriter, growingFrom } from "./api/growing.js";
import { createCache } from "./api/cache.js";
import { canonicalJson } from "./state/canonical.js";

const PATH = "simulate/stream?arrays=base64";
const KEPT_BYTES = 32e6;

/**
 * @param {{client: any, onRun: (run: import("./api/growing.js").Growing) => void, onChunk: (run: import("./api/growing.js").Growing) => void,
 *   onState: (state: "waiting" | "running" | "complete" | "cancelled" | "refused") => void, onRefused: (refusal: {detail: string, complaints: any[]}) => void}} options
 */
export function createTraining({ client, onRun, onChunk, onState, onRefused }) {
  /** Runs that were computed to their end: about the last six. @type {ReturnType<typeof createCache<any>>} */
  const finished = createCache(KEPT_BYTES);
  let controller = new AbortController();
  let wanted = "";
  /** What is on the screen or on its way there, and what it trains whatever the names of the variants. */
  let current = { run: /** @type {any} */ (null), what: "" };

  const finish = (run) => {
    finished.set(wanted, run);
    onState("complete");
  };

  /** Other names are no reason to train again. */
  const name = (run, { variants }) => {
    variants.forEach(({ name }, index) => (run.variants[index].name = name));
    run.experiment = { ...run.experiment, variants: run.experiment.variants.map((variant, index) => ({ ...variant, name: variants[index].name })) };
    run.version += 1;
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

  const compute = async (experiment, signal) => {
    const { start, ...rest } = experiment;
    const held = { run: /** @type {any} */ (null), shown: false };
    const show = (run) => {
      if (signal.aborted) return;
      current.run = run;
      if (!held.shown) onRun(run);
      held.shown = true;
      onState("running");
      onChunk(run);
    };
    try {
      const run = await client.follow(PATH, { version: 1, experiment: rest }, attempt(held, show), signal);
      if (!signal.aborted) finish(run);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      onState("refused");
      onRefused({ detail: error.message, complaints: error.complaints });
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
      const what = nameless(experiment);
      if (wanted && current.run && what === current.what && !again) {
        wanted = key;
        name(current.run, experiment);
        onChunk(current.run);
        if (current.run.complete) finish(current.run);
        return;
      }
      stop();
      wanted = key;
      current = { run: null, what };
      const known = finished.get(key);
      if (known) {
        current.run = known;
        name(known, experiment);
        onRun(known);
        onChunk(known);
        onState("complete");
        return;
      }
      onState("waiting");
      compute(experiment, controller.signal);
    },
    /** Stop computing; what has come stays. */
    cancel() {
      stop();
      wanted = "";
      onState("cancelled");
    },
    /** The server wrote the experiment out: the same run under its full name. @param {any} experiment */
    adopt(experiment) {
      wanted = canonicalJson(experiment);
      current.what = nameless(experiment);
    },
  };
}

/** @param {any} experiment */
function nameless(experiment) {
  return canonicalJson({ ...experiment, variants: experiment.variants.map((variant) => ({ ...variant, name: "" })) });
}

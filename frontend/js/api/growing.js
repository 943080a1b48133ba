// @ts-check
/** A training run that grows while it is computed: arrays of the final length, filled from the left. */

import { decodeArray } from "../lib/arrays.js";

/**
 * @typedef {{steps: Int32Array, count: number, values: Record<string, {data: Float64Array, width: number}>}} Track something measured at
 *   `count` of the planned steps; `values[name].data` holds `width` numbers each
 * @typedef {{name: string, steps: number, series: Record<string, Float64Array>, heat: Track, probes: Track, outcome: any, summary: any,
 *   ended: boolean}} NetworkRun
 * @typedef {{inputs: import("../lib/arrays.js").Block, targets: import("../lib/arrays.js").Block, counts: boolean[] | null}} Examples
 * @typedef {{experiment: any, problem: any, nSteps: number, examples: Examples, variants: NetworkRun[], done: number, remaining: number | null,
 *   complete: boolean, version: number}} Growing
 */

/** A run of which nothing has come yet. @param {any} start the first event @returns {Growing} */
export function growingFrom(start) {
  const { problem, experiment, n_steps: nSteps, examples } = start;
  return {
    experiment, problem, nSteps,
    examples: { inputs: decodeArray(examples.inputs), targets: decodeArray(examples.targets), counts: examples.counts },
    variants: experiment.variants.map(({ name }) => emptyRun(name, start)),
    done: 0, remaining: null, complete: false, version: 0,
  };
}

const track = (planned) => ({ steps: Int32Array.from(planned), count: 0, values: {} });

/** @returns {NetworkRun} */
function emptyRun(name, start) {
  return {
    name, steps: 0, series: {}, heat: track(start.heat_steps), probes: track(start.probe_steps),
    outcome: null, summary: { n_steps: 0, clip_fraction: 0 }, ended: false,
  };
}

/**
 * Writes events into a run. A stream that had to start again sends the same numbers once more: they are written over, and what was there stays.
 * @param {Growing} run
 */
export function createWriter(run) {
  const cursors = run.variants.map(() => ({ series: /** @type {Record<string, number>} */ ({}), heat: 0, probes: 0 }));
  return {
    /** @param {any} chunk */
    chunk(chunk) {
      chunk.variants.forEach((sent, index) => write(run, run.variants[index], cursors[index], sent, chunk.last_step));
      run.version += 1;
    },
    /** @param {any} progress */
    progress({ done, remaining_seconds: seconds }) {
      run.done = Math.max(run.done, done);
      run.remaining = seconds;
      run.version += 1;
    },
    /** @param {any} end */
    end(end) {
      end.variants.forEach(({ outcome, summary }, index) => Object.assign(run.variants[index], { outcome, summary, ended: true }));
      run.done = run.nSteps;
      run.complete = true;
      run.version += 1;
    },
  };
}

function write(run, variant, cursor, sent, reached) {
  for (const [name, wire] of Object.entries(sent.series)) {
    const { data, shape } = decodeArray(wire);
    if (shape.length > 1) continue;
    const from = cursor.series[name] ?? 0;
    cursor.series[name] = from + data.length;
    variant.series[name] = grown(variant.series[name], data, from, run.nSteps + 1);
  }
  const { heat, probes } = sent;
  cursor.heat = record(variant.heat, cursor.heat, heat.steps, { hidden: heat.hidden, cell: heat.cell });
  const { steps, ...measured } = probes;
  cursor.probes = record(variant.probes, cursor.probes, steps, measured);
  variant.steps = variant.series.grad_norm?.length ?? 0;
  variant.ended ||= variant.steps < reached;
  variant.summary = { n_steps: variant.steps, clip_fraction: share(variant.series.fired) };
}

/** The first numbers of a buffer of the final length: a longer view of the same memory. */
function grown(view, data, from, length) {
  const buffer = view ? view.buffer : new Float64Array(length).buffer;
  const whole = new Float64Array(buffer);
  whole.set(data.subarray(0, length - from), from);
  return whole.subarray(0, Math.max(view?.length ?? 0, Math.min(length, from + data.length)));
}

/** Put columns down from `from` on; returns where the next ones go. */
function record(into, from, steps, wires) {
  into.steps.set(steps.slice(0, into.steps.length - from), from);
  for (const [name, wire] of Object.entries(wires)) {
    if (!wire) continue;
    const { data, shape } = decodeArray(wire);
    if (!steps.length) continue;
    const width = shape.slice(1).reduce((product, size) => product * size, 1);
    into.values[name] ??= { data: new Float64Array(into.steps.length * width).fill(NaN), width };
    into.values[name].data.set(data, from * width);
  }
  into.count = Math.max(into.count, from + steps.length);
  return from + steps.length;
}

function share(fired) {
  if (!fired?.length) return 0;
  let count = 0;
  for (let step = 0; step < fired.length; step += 1) count += fired[step] ? 1 : 0;
  return count / fired.length;
}

/** The last measurement at or before a step: its place, or -1 when there is none yet. @param {Track} measured @param {number} step */
export function placeAt({ steps, count }, step) {
  let [low, high] = [-1, count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (steps[middle] <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The newest step of all variants. @param {Growing} run */
export function reachOf(run) {
  return run.complete ? run.nSteps : Math.max(0, ...run.variants.map(({ steps }) => steps));
}

/** @typedef {{columns: number, rows: number, x: Float64Array, y: Float64Array, z: ArrayLike<number>, window: number[][], axisLabels: string[],
 *   minimizers: number[][], optimalValue: null, clippedAbove: number | null, plane: any,
 *   paths: {name: string, steps: number[], x: number[], y: number[], distance: number[]}[]}} PlaneSurface
 */

/** @param {any} answer @returns {PlaneSurface} */
export function decodePlane(answer) {
  const z = decodeArray(answer.z);
  const numbers = (wire) => Array.from(decodeArray(wire).data);
  return {
    columns: z.shape[1], rows: z.shape[0], z: z.data,
    x: Float64Array.from(decodeArray(answer.x).data), y: Float64Array.from(decodeArray(answer.y).data),
    window: answer.window, axisLabels: answer.axis_labels, minimizers: [], optimalValue: null, clippedAbove: answer.clipped_above, plane: answer.plane,
    paths: answer.paths.map(({ name, steps, x, y, distance }) => ({ name, steps, x: numbers(x), y: numbers(y), distance: numbers(distance) })),
  };
}

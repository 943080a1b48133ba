// @ts-check
/** Answers of the server as flat arrays, the form in which everything is drawn. */

import { decodeArray } from "../lib/arrays.js";

/** What is asked of every run; norms follow from the vectors, and do not travel. */
export const RUN_FIELDS = ["params", "loss", "grad", "clip_input", "clipped", "fired", "angle"];

/**
 * @typedef {ArrayLike<number> & {subarray(from: number, to: number): any}} Flat
 * @typedef {{status: string, step: number | null, reason: string | null, headline: string, sentence: string}} Outcome
 * @typedef {{name: string, outcome: Outcome, summary: any, steps: number, series: Record<string, any>, arithmetic?: Arithmetic}} VariantRun
 *   `steps` updates were made; vectors are interleaved x, y
 * @typedef {Record<"noise_free" | "optimizer_input" | "direction" | "descent" | "learning_rate", Block> & {memory: Record<string, Block>}} Arithmetic
 * @typedef {import("../lib/arrays.js").Block} Block
 * @typedef {{experiment: any, problem: any, variants: VariantRun[], exact: boolean}} Result
 * @typedef {{columns: number, rows: number, x: Float64Array, y: Float64Array, z: ArrayLike<number>, window: number[][],
 *   axisLabels: string[], minimizers: number[][], optimalValue: number | null, clippedAbove: number | null}} Surface
 */

/** @param {any} answer @returns {Result} */
export function decodeRun(answer) {
  const variants = answer.variants.map((variant) => {
    const sent = Object.fromEntries(Object.entries(variant.series).map(([name, wire]) => [name, decodeArray(wire).data]));
    const series = { ...sent, grad_norm: norms(sent.grad), clip_input_norm: norms(sent.clip_input), clipped_norm: norms(sent.clipped) };
    const arithmetic = variant.arithmetic && decodeArithmetic(variant.arithmetic);
    return { name: variant.name, outcome: variant.outcome, summary: variant.summary, steps: series.loss.length - 1, series, arithmetic };
  });
  return { experiment: answer.experiment, problem: answer.problem, variants, exact: true };
}

/** @returns {Arithmetic} */
function decodeArithmetic({ memory, ...sent }) {
  const decoded = (wires) => Object.fromEntries(Object.entries(wires).map(([name, wire]) => [name, decodeArray(wire)]));
  return /** @type {any} */ ({ ...decoded(sent), memory: decoded(memory) });
}

/** @param {any} answer @returns {Surface} */
export function decodeSurface(answer) {
  const z = decodeArray(answer.z);
  return {
    columns: z.shape[1],
    rows: z.shape[0],
    x: Float64Array.from(decodeArray(answer.x).data),
    y: Float64Array.from(decodeArray(answer.y).data),
    z: z.data,
    window: answer.window,
    axisLabels: answer.axis_labels,
    minimizers: answer.minimizers,
    optimalValue: answer.optimal_value,
    clippedAbove: answer.clipped_above,
  };
}

/** @param {ArrayLike<number>} vectors interleaved x, y */
export function norms(vectors) {
  const result = new Float64Array(vectors.length / 2);
  for (let index = 0; index < result.length; index += 1) result[index] = Math.hypot(vectors[2 * index], vectors[2 * index + 1]);
  return result;
}

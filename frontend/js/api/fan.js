// @ts-check
/** Every notch of a slider in one packed answer: kept as it came, and read notch by notch. The form is told in docs/api.md. */

import { norms } from "./results.js";

const PLACE_UNITS = 2 ** 15;
const ANGLE_UNITS = 2 ** 9;

/**
 * @typedef {{name: string, kind: "place" | "angle" | "float", length: number, planes: number, bytes: number, signs?: number, drop?: number,
 *   centre?: number, half?: number, exact?: {count: number, where: number, values: number}}} Line how one quantity is coded, and where its blocks begin
 * @typedef {{from: number[], exact: Map<number, [number, number][]>}} Index where each row begins, and its numbers that travel exactly
 * @typedef {{problem: any, variants: any[], view: DataView, fired: number, lines: Map<string, Line & Index>}} Blocks
 * @typedef {{path: string, values: any[], bytes: number, at: (notch: number, experiment: any) => import("./results.js").Result}} Fan `at`: the run at one notch
 */

/** @param {ArrayBuffer} buffer @returns {Fan} */
export function decodeFan(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const view = new DataView(buffer, 4 + size);
  const rows = head.variants.reduce((sum, { notches }) => sum + notches.length, 0);
  const lines = new Map(head.packed.layout.map((line) => [line.name, { ...line, from: beginnings(view, line, rows), exact: exactly(view, line) }]));
  const blocks = { problem: head.problem, variants: head.variants, view, fired: head.packed.fired, lines };
  return { path: head.axes.path, values: head.axes.values, bytes: buffer.byteLength, at: (notch, experiment) => runAt(blocks, notch, experiment) };
}

/** Where the bytes of every row begin. @param {DataView} view @param {Line} line */
function beginnings(view, line, rows) {
  const from = [line.bytes];
  for (let row = 0; row < rows; row += 1) from.push(from[row] + view.getUint8(line.planes + row) * line.length);
  return from;
}

/** @param {DataView} view @param {Line} line @returns {Map<number, [number, number][]>} */
function exactly(view, { exact, length }) {
  const found = new Map();
  for (let index = 0; index < (exact?.count ?? 0); index += 1) {
    const [where, value] = [view.getUint32(exact.where + 4 * index, true), view.getFloat64(exact.values + 8 * index, true)];
    const row = Math.floor(where / length);
    if (!found.has(row)) found.set(row, []);
    found.get(row).push([where % length, value]);
  }
  return found;
}

/** The run at one notch, as `decodeRun` would give it. @param {Blocks} fan @param {number} notch @returns {import("./results.js").Result} */
function runAt(fan, notch, experiment) {
  const count = fan.variants[0].notches.length;
  const variants = fan.variants.map(({ name, notches }, variant) => {
    const { outcome, summary } = notches[notch];
    return { name, outcome, summary, steps: summary.n_steps, series: seriesOf(fan, variant * count + notch, summary.n_steps) };
  });
  return { experiment, problem: fan.problem, variants, exact: false };
}

function seriesOf(fan, row, steps) {
  const one = (name, length) => read(fan, name, row, new Float64Array(length), 0, 1);
  const vectors = (name, length) => read(fan, `${name}.1`, row, read(fan, `${name}.0`, row, new Float64Array(2 * length), 0, 2), 1, 2);
  const fired = bits(fan.view, fan.fired, row, /** @type {Line} */ (fan.lines.get("angle")).length, steps);
  const grad = vectors("grad", steps);
  const input = fan.lines.has("clip_input.0") ? vectors("clip_input", steps) : grad;
  const clipped = vectors("clipped", steps);
  for (let step = 0; step < steps; step += 1) {
    if (fired[step]) continue;
    clipped[2 * step] = input[2 * step];
    clipped[2 * step + 1] = input[2 * step + 1];
  }
  return { params: vectors("params", steps + 1), loss: one("loss", steps + 1), grad, clip_input: input, clipped, fired, angle: one("angle", steps),
    grad_norm: norms(grad), clip_input_norm: norms(input), clipped_norm: norms(clipped) };
}

/** One quantity of one row, written into every `stride`-th place of `into`. @param {Blocks} fan @param {string} name */
function read({ view, lines }, name, row, into, offset, stride) {
  const line = /** @type {Line & Index} */ (lines.get(name));
  const { length, from } = line;
  const planes = (from[row + 1] - from[row]) / length;
  const count = into.length / stride;
  const codes = new Int32Array(count);
  for (let plane = 0; plane < planes; plane += 1) {
    const begin = from[row] + plane * length;
    for (let step = 0; step < count; step += 1) codes[step] |= view.getUint8(begin + step) << (8 * plane);
  }
  let code = 0;
  for (let step = 0; step < count; step += 1) {
    code = (code + ((codes[step] >>> 1) ^ -(codes[step] & 1))) | 0;
    codes[step] = code;
  }
  if (line.kind === "float") floats(codes, line.drop, bits(view, line.signs, row, length, count), into, offset, stride);
  else for (let step = 0; step < count; step += 1) into[offset + stride * step] = line.kind === "angle" ? codes[step] / ANGLE_UNITS : place(codes[step], line);
  for (const [step, value] of line.exact.get(row) ?? []) if (step < count) into[offset + stride * step] = value;
  return into;
}

/** The codes are the upper halves of doubles. */
function floats(codes, drop, negative, into, offset, stride) {
  const number = new Float64Array(1);
  const halves = new DataView(number.buffer);
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  for (let step = 0; step < codes.length; step += 1) {
    halves.setUint32(little ? 4 : 0, (codes[step] << drop) | (negative[step] << 31), little);
    into[offset + stride * step] = number[0];
  }
}

/** Inside the window in equal parts, outside by its logarithm. */
function place(code, { centre = 0, half = 1 }) {
  const part = code / PLACE_UNITS;
  return centre + half * (Math.abs(part) <= 1 ? part : Math.sign(part) * Math.exp(Math.abs(part) - 1));
}

/** The first `count` bits of a row. @param {DataView} view */
function bits(view, begin, row, length, count) {
  const from = begin + row * Math.ceil(length / 8);
  return Uint8Array.from({ length: count }, (_, index) => (view.getUint8(from + (index >> 3)) >> (index & 7)) & 1);
}

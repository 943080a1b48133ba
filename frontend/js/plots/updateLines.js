// @ts-check
/** The arithmetic of one update, line by line, with the numbers of the run. What an optimizer does is told by its lines in the catalogue. */

import { fixed, number, point } from "../lib/format.js";
import { isSum, symbol, typeset } from "../lib/formula.js";
import { entryOf } from "../state/scenario.js";

/**
 * @typedef {{label: string, formula: string, numbers: string, result: string}} UpdateLine written one after the other; each may be empty
 * @typedef {{run: import("../api/results.js").VariantRun, moment: import("./moment.js").Moment, experiment: any, index: number, catalog: any}} Told
 */

const UNKNOWN = "…";

/** @returns {UpdateLine} */
const equation = (label, formula, numbers, result) => ({ label, formula, numbers: numbers && `= ${numbers}`, result: `=\u00a0${result}` });
/** @returns {UpdateLine} */
const sentence = (label, numbers, result) => ({ label, formula: "", numbers, result });

/** One number or one pair of a recorded array. @param {import("../lib/arrays.js").Block | undefined} block @param {number} step */
function at(block, step) {
  if (!block) return null;
  const width = block.shape.length > 1 ? block.shape[1] : 1;
  return Array.from(block.data.subarray(step * width, (step + 1) * width));
}

const written = (values) => (values === null ? UNKNOWN : values.length === 1 ? number(values[0]) : point(values[0], values[1]));
const length = (norm) => `‖·‖\u00a0=\u00a0${number(norm)}`;

/**
 * The lines of an update in four parts: what happens to the gradient, then clip and optimizer in their order, then the move.
 * @param {Told} told @returns {UpdateLine[][]}
 */
export function updateLines(told) {
  const { run, moment, experiment, index, catalog } = told;
  const { clip } = experiment.variants[index];
  const after = clip.position === "after";
  const record = (name) => at(run.arithmetic?.[name], moment.step);
  const received = record("optimizer_input");
  const [decay, place] = decayOf(experiment, catalog);
  const pull = (input, result) => lineTexts(decay, { ...told, input, results: [result] });
  const gradient = [gradientLine(moment, record("noise_free")), ...(place === "before_clip" ? pull(moment.grad, after ? received : moment.raw) : [])];
  const late = place === "after_clip" ? pull(after ? moment.grad : moment.kept, received) : [];
  const directed = optimizerLines(told, received, record("direction"));
  const pulled = place === "decoupled" ? pull(after ? moment.kept : record("direction"), record("descent")) : [];
  const step = stepLine(moment, record("learning_rate"), record("descent"));
  const clipped = clipLine(moment);
  const move = [sentence("Move", `${point(...moment.at)} → ${point(...moment.next)},`, `loss ${number(moment.loss)} → ${number(moment.nextLoss)}`)];
  return after
    ? [[...gradient, ...late], directed.length ? directed : [plainDirection(moment)], [clipped, ...pulled, step], move]
    : [gradient, [clipped], [...late, ...directed, ...pulled, step], move];
}

function gradientLine({ grad, gradNorm }, exact) {
  const noisy = exact !== null && (exact[0] !== grad[0] || exact[1] !== grad[1]);
  const result = `${point(...grad)}, ${length(gradNorm)}`;
  if (!noisy) return equation("Gradient", "g", "", result);
  const noise = grad.map((value, axis) => value - exact[axis]);
  return equation("Gradient", "g = ∇L + noise", `${written(exact)} + ${written(noise)}`, result);
}

/** Only a clip that keeps the direction is a multiplication; one that turns the gradient is told by what it left. */
function clipLine({ fired, raw, kept, rawNorm, keptNorm, angle }) {
  if (!fired) return sentence("Clip", "passes unchanged,", length(keptNorm));
  if (angle > 0.05) return sentence("Clip", `${point(...raw)} → ${point(...kept)}, ‖·‖ ${number(rawNorm)} → ${number(keptNorm)},`, `turned ${fixed(angle, 1)}°`);
  return sentence("Clip", `${number(keptNorm / rawNorm)} × ${point(...raw)}`, `=\u00a0${point(...kept)}, ${length(keptNorm)}`);
}

function stepLine({ at: here, next }, rate, descent) {
  const step = next.map((value, axis) => value - here[axis]);
  return equation("Step", "−η d", `−${written(rate)} × ${written(descent)}`, point(step[0], step[1]));
}

const plainDirection = ({ raw, rawNorm }) => equation("Direction", "d = g", "", `${point(...raw)}, ${length(rawNorm)}`);

function decayOf({ weight_decay: choice }, catalog) {
  const entry = entryOf(catalog, "weight_decay", choice.kind);
  return [{ entry, params: choice.params, label: "Weight decay" }, entry?.traits.position ?? null];
}

function optimizerLines(told, input, direction) {
  const { run, moment, experiment, index, catalog } = told;
  const choice = experiment.variants[index].optimizer ?? experiment.optimizer;
  const entry = entryOf(catalog, "optimizer", choice.kind);
  const memory = run.arithmetic?.memory;
  const remembered = (step) => Object.fromEntries((entry?.lines ?? []).map((line) => [line.symbol, step < 0 ? zeroOf(memory?.[line.symbol]) : at(memory?.[line.symbol], step)]));
  const [before, now] = [remembered(moment.step - 1), { ...remembered(moment.step), d: direction }];
  const results = (entry?.lines ?? []).map((line) => now[line.symbol]);
  return lineTexts({ entry, params: choice.params }, { moment, input, results, before, now }).filter((_, place) => isSum(entry.lines[place].formula) || entry.lines.length > 1);
}

/** Memories start at 0. */
const zeroOf = (block) => (block ? Array.from({ length: block.shape[1] ?? 1 }, () => 0) : null);

/** The lines of an entry of the catalogue: each formula with symbols, then with numbers, then what came out. */
function lineTexts({ entry, params, label = "" }, { moment, input, results, before = {}, now = {} }) {
  const symbolOf = (name) => entry.parameters.find((parameter) => parameter.name === name)?.symbol || symbol(name);
  const known = { g: input, w: moment.at, t: [moment.step + 1] };
  return (entry?.lines ?? []).map((line, place) => {
    const valueOf = (name) => (params[name] !== undefined ? number(params[name], 6) : written(known[name] ?? (name === line.symbol ? before[name] : now[name]) ?? null));
    const formula = `${symbol(line.symbol)} = ${typeset(line.formula, symbolOf, " ")}`;
    return equation(label || line.label, formula, isSum(line.formula) ? typeset(line.formula, valueOf) : "", written(results[place]));
  });
}

// @ts-check
/** What one variant does at one step, read out of its run: the numbers that arrows, lens and arithmetic show. */

/**
 * @typedef {{step: number, ended: boolean, at: number[], next: number[], raw: number[], kept: number[], rawNorm: number,
 *   keptNorm: number, angle: number, fired: boolean, rate: number, loss: number, nextLoss: number, grad: number[], gradNorm: number}} Moment
 *   `raw` is what the clip received, `kept` what it passed on; `rate` is the learning rate of this very step
 */

const pair = (flat, index) => [flat[2 * index], flat[2 * index + 1]];

/**
 * @param {import("../api/results.js").VariantRun} run @param {number} step @param {{rate: number, direct: boolean}} stepping
 * `direct`: the step is exactly -rate x what the clip passed on, so a schedule shows in the ratio of their lengths
 * @returns {Moment}
 */
export function momentOf(run, step, { rate, direct }) {
  const { series, steps } = run;
  const ended = step >= steps;
  const index = Math.min(step, steps);
  const at = pair(series.params, index);
  const base = { step: index, ended, at, next: at, loss: series.loss[index], nextLoss: series.loss[index], raw: [0, 0], kept: [0, 0],
    rawNorm: 0, keptNorm: 0, angle: 0, fired: false, rate, grad: [0, 0], gradNorm: 0 };
  if (ended) return base;
  const raw = pair(series.clip_input ?? series.grad, index);
  const kept = pair(series.clipped, index);
  const keptNorm = series.clipped_norm[index];
  const next = pair(series.params, index + 1);
  const length = Math.hypot(next[0] - at[0], next[1] - at[1]);
  return {
    ...base,
    next,
    raw,
    kept,
    rawNorm: series.clip_input_norm?.[index] ?? Math.hypot(raw[0], raw[1]),
    keptNorm,
    angle: series.angle[index],
    fired: series.fired ? Boolean(series.fired[index]) : raw[0] !== kept[0] || raw[1] !== kept[1],
    rate: direct && keptNorm > 0 && length > 0 ? length / keptNorm : rate,
    nextLoss: series.loss[index + 1],
    grad: pair(series.grad, index),
    gradNorm: series.grad_norm[index],
  };
}

/** How a variant turns a gradient into a step. @param {any} experiment @param {number} index */
export function steppingOf(experiment, index) {
  const variant = experiment.variants[index];
  const optimizer = variant.optimizer ?? experiment.optimizer;
  const decoupled = experiment.weight_decay.kind === "decoupled" || optimizer.kind === "adamw";
  const direct = !decoupled && (optimizer.kind === "sgd" || variant.clip.position === "after");
  return { rate: optimizer.params.learning_rate ?? 0, direct };
}

// @ts-check
/** What the drawings must know of each variant's rule: its outline, its fixed threshold, and a common scale for the lenses. */

import { entryOf } from "./state/scenario.js";

/**
 * @param {any} catalog @param {import("./api/results.js").Result} result
 * @returns {(import("./plots/lens.js").Rule & {entry: any})[]}
 */
export function rulesOf(catalog, result) {
  const rules = result.experiment.variants.map((variant) => {
    const entry = entryOf(catalog, "clip", variant.clip.kind);
    return { entry, shape: entry?.traits.shape ?? null, threshold: fixedThreshold(entry, variant) };
  });
  const reference = rules.find((rule) => rule.threshold !== null)?.threshold ?? typicalNorm(result);
  return rules.map((rule) => ({ ...rule, reference: rule.threshold ?? reference }));
}

/** The threshold, where it is one number for the whole run and for the whole gradient. */
function fixedThreshold(entry, variant) {
  const parameter = entry?.parameters.find((candidate) => candidate.role === "threshold");
  const adaptive = entry?.parameters.some((candidate) => candidate.name === "warmup_steps") || entry?.traits.per_example;
  return parameter && !adaptive ? (variant.clip.params[parameter.name] ?? parameter.default) : null;
}

/** A gradient norm in the middle of what occurs, so that a lens without a threshold has a scale. */
function typicalNorm(result) {
  const norms = Float64Array.from(result.variants[0]?.series.clipped_norm ?? []).filter((value) => value > 0 && Number.isFinite(value)).sort();
  return norms.length ? norms[Math.floor(norms.length * 0.75)] : 1;
}

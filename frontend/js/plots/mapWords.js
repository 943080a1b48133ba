// @ts-check
/** A stability map in words: what its outcomes are called, how many cells end how, what the cell in hand has. */

import { outcomeOf, outcomesOf } from "../api/sweeps.js";
import { number, percent } from "../lib/format.js";

/** @typedef {import("../api/sweeps.js").Sweep} Sweep */

const NAMES = {
  landscape: { converged: "Converged", bounded: "Bounded", stalled: "Stalled", descending: "Still descending", thrown: "Thrown out", diverged: "Diverged" },
  network: { converged: "Solved", bounded: "Not solved", stalled: "Stuck", descending: "Still learning", diverged: "Diverged" },
};

/** @param {Sweep} sweep */
const familyOf = ({ experiment }) => (experiment.task ? "network" : "landscape");

/** @param {Sweep} sweep @param {string} outcome */
export const nameOf = (sweep, outcome) => (outcome === "thrown" && sweep.seeds > 1 ? "Some thrown" : NAMES[familyOf(sweep)][outcome] ?? outcome);

/** A share where there is little room. @param {number} share */
export const brief = (share) => (share > 0 && share < 0.01 ? "< 1 %" : share > 0.99 && share < 1 ? "> 99 %" : percent(share));

/** @param {number} amount */
export const whole = (amount) => amount.toLocaleString("en");

/** How many computed cells of a variant ended how. @param {Sweep} sweep @param {number} variant @returns {Record<string, number>} */
export function countsOf(sweep, variant) {
  const counts = Object.fromEntries(outcomesOf(sweep).map((outcome) => [outcome, 0]));
  const { cells } = sweep.variants[variant];
  for (let cell = 0; cell < sweep.source.length; cell += 1) {
    if (sweep.source[cell] === cell) counts[outcomeOf(sweep, cells, cell)] += 1;
  }
  return counts;
}

/** What the map of a variant says, and what there is to compare it with. @param {Sweep} sweep @param {number} variant @param {Record<string, number>[]} counts of all */
export function summaryOf(sweep, variant, counts) {
  if (!sweep.known) return "";
  const { variants } = sweep.experiment;
  const good = (index) => counts[index].converged;
  const plain = variants.findIndex(({ clip }) => clip.kind === "none");
  const verb = familyOf(sweep) === "network" ? "solve the task" : "converge";
  const soFar = sweep.complete ? "" : " so far";
  const compared = plain >= 0 && plain !== variant ? `; without clipping ${whole(good(plain))}` : "";
  if (sweep.seeds > 1) return `At ${whole(good(variant))} of ${whole(sweep.known)} settings most of ${sweep.seeds} seeds ${verb}${soFar}${compared}.${stripesOf(sweep, variant)}`;
  return `${whole(good(variant))} of ${whole(sweep.known)} settings ${verb}${soFar}${compared}.${stripesOf(sweep, variant)}`;
}

/** Why a map has stripes, or "". @param {Sweep} sweep @param {number} variant */
function stripesOf(sweep, variant) {
  const { x, y } = sweep.variants[variant];
  const [across, up] = [sweep.x.label.toLowerCase(), sweep.y.label.toLowerCase()];
  if (!x && !y) return ` It has no ${across} and no ${up}: the same everywhere.`;
  if (!x) return ` It has no ${across}: the same in every column.`;
  return y ? "" : ` It has no ${up}: the same in every row.`;
}

/** The setting of a cell: "threshold 1.2 · learning rate 0.05". @param {Sweep} sweep @param {{x: number, y: number}} cell */
export function settingOf(sweep, { x, y }) {
  const part = (axis, place) => `${axis.label.toLowerCase()} ${number(axis.values[place])}`;
  return `${part(sweep.x, x)} · ${part(sweep.y, y)}`;
}

/** The numbers of a cell of one variant: [what, value]. @param {Sweep} sweep @param {number} variant @param {number} cell */
export function factsOf(sweep, variant, cell) {
  const { cells } = sweep.variants[variant];
  const steps = cells.steps[cell];
  const network = familyOf(sweep) === "network";
  const share = (values) => (Number.isFinite(values[cell]) ? percent(values[cell]) : "–");
  const facts = [
    [network ? "held-out loss" : "final loss", cells.status[cell] === 255 ? "–" : Number.isFinite(cells.final_loss[cell]) ? number(cells.final_loss[cell]) : "not finite"],
    [network ? "solved after" : "converged after", steps < 0 ? "–" : String(steps)],
    ["clipped", share(cells.clip_fraction)],
    ["largest norm", number(cells.max_grad_norm[cell])],
  ];
  if (sweep.seeds === 1) return facts;
  if (!network) facts.push(["seeds near", share(cells.share_near)]);
  return [...facts, [network ? "seeds that solve" : "seeds converged", share(cells.share_converged)], ["seeds diverged", share(cells.share_diverged)]];
}

/** One variant's cell in a sentence, for those who do not see it. @param {Sweep} sweep @param {number} variant @param {number} cell */
export function spokenOf(sweep, variant, cell) {
  const { name, cells } = sweep.variants[variant];
  const outcome = outcomeOf(sweep, cells, cell);
  if (!outcome) return `${name}: not computed yet.`;
  return `${name}: ${nameOf(sweep, outcome).toLowerCase()}, ${factsOf(sweep, variant, cell).map((fact) => fact.join(" ")).join(", ")}.`;
}

/** How long something will take. @param {number} seconds */
export function about(seconds) {
  if (seconds < 1) return "under a second";
  return seconds < 90 ? `about ${Math.ceil(seconds)} s` : `about ${Math.ceil(seconds / 60)} min`;
}

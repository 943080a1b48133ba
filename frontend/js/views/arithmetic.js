// @ts-check
/** Slow motion: one update in four lines per variant, with the numbers of the step on screen. */

import { fill, h, setText } from "../lib/dom.js";
import { fixed, number, point } from "../lib/format.js";
import { momentOf, steppingOf } from "../plots/moment.js";
import { variantStyle } from "../plots/palette.js";

const NAMES = { before: ["Gradient", "Clip", "Step", "Move"], after: ["Gradient", "Direction", "Clip", "Move"] };

/** @param {HTMLElement} root */
export function createArithmetic(root) {
  let columns = /** @type {any[]} */ ([]);
  let state = /** @type {any} */ (null);
  let shown = "";

  return {
    update(next) {
      state = next;
      root.hidden = !next.document.view.slow;
      shown = "";
      const count = Math.min(next.session.shown, next.session.result?.variants.length ?? 0);
      if (columns.length !== count) {
        columns = Array.from({ length: count }, createColumn);
        fill(root, columns.map((column) => column.element));
      }
    },
    /** @param {{step: number, phase: number, slow: boolean}} clock */
    tick(clock) {
      const result = state?.session.result;
      if (!clock.slow || !result) return;
      const key = `${clock.step} ${clock.phase}`;
      if (key === shown) return;
      shown = key;
      columns.forEach((column, index) => column.update(result, index, clock, state.session));
    },
  };
}

function createColumn() {
  const lines = Array.from({ length: 4 }, () => ({ name: h("dt", {}), numbers: h("dd", {}) }));
  const rows = lines.map(({ name, numbers }) => h("div", { class: "update-line" }, name, numbers));
  const title = h("h3", {});
  const element = h("section", { class: "update" }, title, h("dl", {}, rows));
  return {
    element,
    update(result, index, clock, session) {
      const run = result.variants[index];
      const moment = momentOf(run, clock.step, steppingOf(result.experiment, index));
      element.style.setProperty("--variant", variantStyle(index, session.theme).colour);
      setText(title, moment.ended ? `${run.name}: ended at step ${run.steps}` : `${run.name}, step ${moment.step} to ${moment.step + 1}`);
      const words = wordsOf(moment, result.experiment, index);
      lines.forEach(({ name, numbers }, line) => {
        setText(name, words[line][0]);
        setText(numbers, moment.ended ? "–" : words[line][1]);
        rows[line].classList.toggle("is-now", !moment.ended && line === clock.phase);
        rows[line].classList.toggle("is-next", !moment.ended && line > clock.phase);
      });
    },
  };
}

/** Only a clip that keeps the direction is a multiplication; one that turns the gradient is told by what it left. */
function clipped({ raw, kept, rawNorm, keptNorm, angle }) {
  if (angle > 0.05) return `${point(...raw)} → ${point(...kept)}, ‖·‖ ${number(rawNorm)} → ${number(keptNorm)}, turned ${fixed(angle, 1)}°`;
  return `× ${number(keptNorm / rawNorm)} → ${point(...kept)}, ‖·‖ = ${number(keptNorm)}`;
}

function wordsOf(moment, experiment, index) {
  const variant = experiment.variants[index];
  const after = variant.clip.position === "after";
  const names = NAMES[after ? "after" : "before"];
  const optimizer = (variant.optimizer ?? experiment.optimizer).kind;
  const gradient = `g = ${point(...moment.grad)}, ‖g‖ = ${number(moment.gradNorm)}`;
  const clip = moment.fired ? clipped(moment) : `passes unchanged: ‖·‖ = ${number(moment.keptNorm)}`;
  const step = moment.next.map((value, axis) => value - moment.at[axis]);
  const rate = number(moment.rate);
  const direct = optimizer === "sgd" ? `−${rate} × ${point(...moment.kept)} = ${point(...step)}` : `${optimizer}, rate ${rate}: step ${point(...step)}`;
  const move = `${point(...moment.at)} → ${point(...moment.next)}, loss ${number(moment.loss)} → ${number(moment.nextLoss)}`;
  const direction = `${optimizer} makes it ${point(...moment.raw)}, ‖·‖ = ${number(moment.rawNorm)}`;
  const lines = after ? [gradient, direction, clip, move] : [gradient, clip, direct, move];
  return names.map((name, line) => [name, lines[line]]);
}

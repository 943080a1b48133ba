// @ts-check
/** Slow motion: one update per variant, line by line, with the numbers of the step on screen. */

import { fill, h, setText } from "../lib/dom.js";
import { momentOf, steppingOf } from "../plots/moment.js";
import { variantStyle } from "../plots/palette.js";
import { updateLines } from "../plots/updateLines.js";

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
  const title = h("h3", {});
  const list = h("dl", {});
  const element = h("section", { class: "update" }, title, list);
  let rows = /** @type {ReturnType<typeof createRow>[]} */ ([]);

  return {
    element,
    update(result, index, clock, { theme, catalog }) {
      const run = result.variants[index];
      const moment = momentOf(run, clock.step, steppingOf(result.experiment, index));
      element.style.setProperty("--variant", variantStyle(index, theme).colour);
      setText(title, moment.ended ? `${run.name}: ended at step ${run.steps}` : `${run.name}, step ${moment.step} to ${moment.step + 1}`);
      const parts = updateLines({ run, moment, experiment: result.experiment, index, catalog });
      const lines = parts.flatMap((part, phase) => part.map((line) => ({ ...line, phase })));
      if (rows.length !== lines.length) {
        rows = lines.map(createRow);
        fill(list, rows.map((row) => row.element));
      }
      lines.forEach((line, place) => rows[place].update(line, clock.phase, moment.ended));
    },
  };
}

function createRow() {
  const label = h("dt", {});
  const [formula, numbers, result] = [h("i", {}), h("span", {}), h("b", {})];
  const element = h("div", { class: "update-line" }, label, h("dd", {}, formula, " ", numbers, " ", result));
  return {
    element,
    update(line, phase, ended) {
      setText(label, line.label);
      setText(formula, ended ? "" : line.formula);
      setText(numbers, ended ? "–" : line.numbers);
      setText(result, ended ? "" : line.result);
      element.classList.toggle("is-now", !ended && line.phase === phase);
      element.classList.toggle("is-next", !ended && line.phase > phase);
    },
  };
}

// @ts-check
/** One variant of a training run: how it ended, its gradients through time, its recurrent matrix, its answers. */

import { placeAt } from "../api/growing.js";
import { rootSize } from "../lib/canvas.js";
import { fill, h, setText, show } from "../lib/dom.js";
import { fixed, number, percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { createGauge } from "../plots/gauge.js";
import { createHeat } from "../plots/heat.js";
import { exampleCount, outputKind, paintOutputs } from "../plots/outputs.js";
import { variantStyle } from "../plots/palette.js";

const OUTPUTS = { line: "Prediction, target grey", scatter: "Prediction over target", classes: "Probability of each answer" };
const STATES = { hidden: "h", cell: "c" };

/**
 * @param {number} index
 * @param {{onSeek: (step: number) => void, onTable: (index: number) => void, onExample: () => void}} listeners
 */
export function createLabColumn(index, { onSeek, onTable, onExample }) {
  const marker = h("span", { class: "swatch", "aria-hidden": "true" });
  const name = h("h3", { class: "panel-name" });
  const rule = h("span", { class: "panel-rule" });
  const table = h("button", { type: "button", class: "quiet square small", "data-control": "numbers", title: "Numbers of every update", onclick: () => onTable(index) }, icon("table"));
  const outcome = createOutcome();
  const heat = createBlock("heat", onSeek);
  const gauge = createBlock("gauge", onSeek);
  const outputs = createBlock("outputs");
  const more = h("button", { type: "button", class: "quiet lab-example", onclick: onExample });
  outputs.head.append(more);
  const theory = h("p", { class: "lab-theory", "data-control": "gauge" });
  const element = h("figure", { class: "panel lab-column", "data-index": index },
    h("header", { class: "panel-head" }, marker, name, rule, table), outcome.element, heat.element, gauge.element, theory, outputs.element);
  const [map, lines] = [createHeat(heat), createGauge(gauge)];
  let state = /** @type {any} */ (null);
  let drawn = -2;
  let room = { width: 0, height: 0, rem: 16 };

  heat.onRead((px, py) => {
    if (!state || !map.strip()) return null;
    const { track, key } = state.heat;
    const place = placeAt(track, map.strip()?.stepAt(px) ?? 0);
    if (place < 0 || !track.values[key]) return null;
    const t = map.timeAt(py);
    const value = track.values[key].data[place * state.heat.length + t - 1];
    return `update ${track.steps[place]}, t = ${t}: ${Number.isNaN(value) ? "not finite" : number(value)}`;
  });
  heat.stepAt = (px) => map.strip()?.stepAt(px) ?? 0;
  gauge.stepAt = (px) => lines.strip()?.stepAt(px) ?? 0;

  return {
    element,
    measure() {
      map.resize(heat.size());
      lines.resize(gauge.size());
      room = outputs.size();
      drawn = -2;
    },
    /** @param {any} next variant, run, pictures and words of this column */
    update(next) {
      state = next;
      const { variant, run, status, theme, words, heat: heatData, gauge: gaugeData, example } = next;
      element.style.setProperty("--variant", variantStyle(index, theme).colour);
      element.dataset.shape = variantStyle(index, theme).shape;
      setText(name, variant.name);
      setText(rule, words);
      table.setAttribute("aria-label", `Table of ${variant.name}`);
      outcome.update(variant, run, status);
      fill(heat.title, h("span", { class: "lab-title-word" }, "Gradient "), `‖∂L/∂${STATES[heatData.key]}ₜ‖: time step ↑, update →`);
      map.setData(heatData);
      heat.label(heatWords(variant, heatData));
      setText(gauge.title, "Recurrent matrix");
      lines.setData(gaugeData);
      gauge.label(gaugeWords(variant));
      setText(outputs.title, OUTPUTS[outputKind(run)]);
      const count = exampleCount(run);
      show(more, count > 1);
      setText(more, `${example + 1} of ${count}`);
      more.setAttribute("aria-label", `Held-out sequence ${example + 1} of ${count}: show the next`);
      drawn = -2;
    },
    /** @param {{position: number, step: number}} clock */
    tick(clock) {
      if (!state) return;
      const { variant, run, theme, example } = state;
      map.draw(clock.position);
      const place = placeAt(variant.probes, clock.step);
      lines.draw(clock.position, place);
      outcome.tick(variant, run, clock.step);
      if (place === drawn) return;
      drawn = place;
      paintOutputs(outputs.now, room, { run, probes: variant.probes, index, example, theme }, place);
      setText(outputs.read, place < 0 ? "" : `${exampleCount(run) > 1 || outputKind(run) === "classes" ? "" : "held-out · "}update ${variant.probes.steps[place]}`);
      outputs.label(outputWords(variant, run, place));
      setText(gauge.read, place < 0 ? "" : gaugeRead(variant, place));
      setText(theory, theoryOf(variant, run, place));
    },
  };
}

/** A titled picture. @param {string} kind @param {(step: number) => void} [onSeek] */
function createBlock(kind, onSeek) {
  const canvas = () => h("canvas", { class: "layer", "aria-hidden": "true" });
  const [base, now] = [canvas(), canvas()];
  const title = h("h4", { class: "lab-title" });
  const read = h("span", { class: kind === "heat" ? "lab-read lab-read-over" : "lab-read" });
  const head = h("div", { class: "lab-head" }, title, read);
  const plot = h("div", { class: `lab-plot lab-${kind}`, role: "img" }, base, now);
  const element = h("div", { class: "lab-block", "data-control": kind }, head, plot);
  const block = {
    base, now, title, read, head, element,
    stepAt: (_px) => 0,
    size: () => ({ width: plot.clientWidth, height: plot.clientHeight, rem: rootSize() }),
    label: (words) => plot.setAttribute("aria-label", words),
    /** @param {(px: number, py: number) => string | null} describe */
    onRead(describe) {
      plot.addEventListener("pointermove", (event) => {
        const bounds = plot.getBoundingClientRect();
        setText(read, describe(event.clientX - bounds.left, event.clientY - bounds.top) ?? "");
      });
      plot.addEventListener("pointerleave", () => setText(read, ""));
    },
  };
  if (onSeek) listenToScrub(plot, (event) => onSeek(block.stepAt(event.clientX - plot.getBoundingClientRect().left)));
  return block;
}

function listenToScrub(plot, seek) {
  let scrubbing = false;
  plot.classList.add("can-seek");
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    scrubbing = event.pointerType !== "touch";
    if (scrubbing) plot.setPointerCapture(event.pointerId);
    seek(event);
  });
  plot.addEventListener("pointermove", (event) => scrubbing && seek(event));
  for (const end of ["pointerup", "pointercancel"]) plot.addEventListener(end, () => (scrubbing = false));
}

function createOutcome() {
  const badge = h("span", { class: "badge" });
  const headline = h("span", {});
  const sentence = h("p", { class: "sentence" });
  const facts = ["batch", "clipped"].map((label) => ({ label, value: h("dd", {}), element: h("div", {}) }));
  for (const { label, value, element } of facts) element.append(h("dt", {}, label), value);
  const element = h("figcaption", { class: "outcome lab-outcome", "data-control": "outcomes" }, h("div", { class: "outcome-head" }, badge, h("dl", { class: "facts" }, facts.map((fact) => fact.element))), sentence);
  return {
    element,
    /** @param {any} variant @param {any} run @param {string} state of the whole training */
    update(variant, run, state) {
      const { outcome } = variant;
      const status = outcome?.status ?? standing(variant, run, state);
      if (badge.dataset.status !== status) {
        badge.dataset.status = status;
        fill(badge, icon(ICONS[status] ?? status), headline);
      }
      setText(headline, outcome?.headline ?? HEADLINES[status]);
    },
    /** The numbers of the step on screen. */
    tick(variant, run, step) {
      const { series, summary, steps } = variant;
      const at = Math.min(step, steps);
      const [loss, accuracy] = [series.loss?.[at], series.accuracy?.[at]];
      setText(facts[0].value, Number.isFinite(accuracy) ? `${number(loss, 2)} · ${fixed(100 * accuracy, 0)} % right` : `loss ${number(loss)}`);
      setText(facts[1].value, percent(summary.clip_fraction));
      if (!variant.outcome) setText(sentence, liveSentence(variant, run, step));
      else setText(sentence, variant.outcome.sentence);
    },
  };
}

const ICONS = { training: "slow", stopped: "pause", cancelled: "pause" };
const HEADLINES = { training: "Training", diverged: "Diverged", stopped: "Stopped early", cancelled: "Not finished" };
const ENDED = { diverged: "Its numbers are no longer finite: it takes no more steps. ", stopped: "Stopped early: the held-out loss got no better. " };

/** Where a variant stands before its verdict has come. Only early stopping ends one whose numbers are sound. */
function standing({ ended, series }, { experiment }, state) {
  if (!ended) return state === "cancelled" ? "cancelled" : "training";
  return experiment.problem.params.early_stopping && Number.isFinite(series.loss?.at(-1)) ? "stopped" : "diverged";
}

/** While it is computed: how it does on sequences that it is not trained on. */
function liveSentence(variant, run, step) {
  const { probes } = variant;
  const { problem } = run;
  const end = ENDED[standing(variant, run, "")] ?? "";
  const place = placeAt(probes, step);
  const held = place < 0 ? "" : `Held-out ${problem.loss_label.toLowerCase()} ${number(probes.values.held_out_loss.data[place])} after update ${probes.steps[place]} (${problem.baseline.label}: ${number(problem.baseline.loss)}). `;
  return `${end}${held}Solved means: ${problem.solved.label}.`;
}

function heatWords({ name, heat }, { key, length }) {
  const values = heat.values[key];
  if (!heat.count || !values) return `${name}: gradients through time, nothing computed yet.`;
  const ends = (place) => `${number(values.data[place * length + length - 1])} at the last and ${number(values.data[place * length])} at the first time step`;
  const last = heat.count - 1;
  return `${name}: norm of the gradient at ${length} time steps, over the updates. Update ${heat.steps[0]}: ${ends(0)}. Update ${heat.steps[last]}: ${ends(last)}.`;
}

function gaugeRead({ probes }, place) {
  const at = (name) => number(probes.values[name].data[place]);
  return `— σmax ${at("largest_singular_value")}  ┄ ρ ${at("spectral_radius")}`;
}

function gaugeWords({ name, probes }) {
  if (!probes.count) return `${name}: recurrent matrix, nothing computed yet.`;
  const from = (key) => `${number(probes.values[key].data[0])} to ${number(probes.values[key].data[probes.count - 1])}`;
  return `${name}: largest singular value of the recurrent matrix from ${from("largest_singular_value")}, spectral radius from ${from("spectral_radius")}.`;
}

const GATES = "σmax and ρ are the largest of all gates. The theory is about plain recurrent nets, so no line is drawn.";
const GAMMA = "γ is the steepest slope of the nonlinearity.";
const NORMALISED = "The theory is about plain recurrent nets, not about normalised ones, so no line is drawn.";

/** What the theory says, and not more (Pascanu, Mikolov, Bengio 2013, section 2.1). */
function theoryOf({ probes }, { problem, experiment }, place) {
  if (!problem.gamma) return experiment.problem.params.layer_norm ? NORMALISED : GATES;
  if (place < 0) return "\u00a0";
  const value = probes.values.largest_singular_value.data[place];
  if (!Number.isFinite(value)) return "The recurrent matrix is not finite.";
  if (number(value) === number(1 / problem.gamma)) return `Largest singular value σmax ≈ 1/γ: at the border, where the theory says nothing. ${GAMMA}`;
  if (value < 1 / problem.gamma) return `Largest singular value σmax < 1/γ: sufficient for gradients to vanish over time. ${GAMMA}`;
  return `Largest singular value σmax > 1/γ: necessary for gradients to explode, but not sufficient. ${GAMMA}`;
}

function outputWords({ name, probes }, { problem }, place) {
  if (place < 0) return `${name}: no answer yet.`;
  const at = (key) => probes.values[key]?.data[place];
  const accuracy = Number.isFinite(at("held_out_accuracy")) ? `, accuracy ${fixed(100 * at("held_out_accuracy"), 0)} %` : "";
  return `${name}: answers to held-out sequences after update ${probes.steps[place]}: ${problem.loss_label} ${number(at("held_out_loss"))}${accuracy}.`;
}

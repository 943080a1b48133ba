// @ts-check
/** Above the maps: what is shown, how far it is, what colours, patterns and curves mean. */

import { ideasOf } from "../api/sweeps.js";
import { fitCanvas, pixelRatio, rootSize } from "../lib/canvas.js";
import { fill, h, s, setText, show } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { heatCss } from "../plots/heatScale.js";
import { paintSample } from "../plots/inks.js";
import { nameOf, whole } from "../plots/mapWords.js";
import { shownMeasure } from "../plots/measures.js";
import { entryOf } from "../state/scenario.js";

const MEASURES = { outcome: "Outcome", final_loss: "Final loss", steps: "Steps", clip_fraction: "Clipped", max_grad_norm: "Largest norm", share_near: "Seeds near", share_converged: "Seeds converged", share_diverged: "Seeds diverged" };
const SPECIAL = { diverged: "diverged", broken: "not finite", never: "does not converge" };
const HINT = "Tap a cell for its numbers, and once more to open its run.";

/**
 * @param {HTMLElement} root
 * @param {{onMeasure: (measure: string) => void, onStart: () => void, onCancel: () => void, onCurve: (id: string) => void}} listeners
 */
export function createMapBar(root, { onMeasure, onStart, onCancel, onCurve }) {
  const title = h("h2", { class: "toolbar-title" });
  const options = Object.entries(MEASURES).map(([value, label]) => {
    const input = h("input", { type: "radio", name: "map-measure", value, class: "visually-hidden", onchange: () => onMeasure(value) });
    return { value, input, element: h("label", { class: "segment" }, input, h("span", {}, label)) };
  });
  const measures = h("fieldset", { class: "segments", "data-control": "measure" }, h("legend", { class: "visually-hidden" }, "What the maps show"), options.map(({ element }) => element));
  const progress = createProgress(onStart, onCancel);
  const key = h("div", { class: "atlas-key" });
  const curves = h("div", { class: "atlas-curves" }, presentSetting());
  const told = h("p", { class: "atlas-told", hidden: true });
  fill(root, h("div", { class: "toolbar atlas-top" }, title, measures), h("div", { class: "atlas-legend" }, key, progress.element), curves, h("p", { class: "atlas-hint" }, HINT), h("div", { class: "atlas-over" }, told));
  let painted = "";
  let ideas = /** @type {ReturnType<typeof ideasOf>} */ ([]);
  let explained = /** @type {any} */ (null);
  const button = ({ letter, label }) => {
    const choose = () => onCurve(letter);
    const drop = () => onCurve("");
    return h("button", { type: "button", class: "atlas-curve", onmouseenter: choose, onmouseleave: drop, onfocus: choose, onblur: drop, onclick: choose, "aria-describedby": `curve-${letter}` },
      h("b", { class: "atlas-letter" }, letter), label);
  };
  const explanation = ({ letter, text }) => h("span", { id: `curve-${letter}`, class: "visually-hidden" }, text);

  return {
    measure() {
      painted = "";
    },
    update({ document, session }, sweep) {
      const { problem, task } = document.experiment;
      const now = shownMeasure(document.view.map?.measure ?? "outcome", sweep);
      const several = (sweep?.seeds ?? document.view.map?.seeds ?? 1) > 1;
      for (const { value, input, element } of options) {
        input.checked = value === now;
        if (value.startsWith("share_")) show(element, several && !(task && value === "share_near"));
      }
      setText(options.find(({ value }) => value === "share_converged")?.element.lastElementChild, task ? "Seeds that solve" : MEASURES.share_converged);
      const name = (family, choice) => entryOf(session.catalog, family, choice.kind)?.label ?? "\u00a0";
      setText(title, task ? `${name("problem", problem)} · ${name("task", task)}` : name("problem", problem));
      if (!sweep) fill(key);
    },
    /** @param {import("../api/sweeps.js").Sweep} sweep @param {import("../plots/measures.js").Scale} scale @param {import("../plots/palette.js").Theme} theme */
    setScale(sweep, scale, theme) {
      const now = JSON.stringify([scale, theme, rootSize(), pixelRatio(), Boolean(sweep.experiment.task)]);
      if (now !== painted) {
        painted = now;
        fill(key, ...keyOf(sweep, scale, theme));
      }
      if (sweep.overlays === explained) return;
      explained = sweep.overlays;
      ideas = ideasOf(sweep);
      fill(curves, presentSetting(), ideas.map(button), ideas.map(explanation));
    },
    /** @param {string} letter "" for none */
    setCurve(letter) {
      const chosen = ideas.find((idea) => idea.letter === letter);
      show(told, Boolean(chosen));
      setText(told, chosen?.text ?? "");
    },
    setProgress: progress.update,
  };
}

/** What colours and patterns mean. @returns {HTMLElement[]} */
function keyOf(sweep, scale, theme) {
  const sample = (name, words) => {
    const canvas = h("canvas", { class: "atlas-swatch", "aria-hidden": "true" });
    const rem = rootSize();
    fitCanvas(canvas, Math.round(rem * 1.5), Math.round(rem * 0.875));
    paintSample(canvas, name, theme, pixelRatio());
    return h("li", {}, canvas, words);
  };
  if (scale.kind === "outcome") return [h("ul", { class: "atlas-samples" }, scale.special.map((outcome) => sample(outcome, nameOf(sweep, outcome))))];
  return [scaleBar(scale, theme), h("ul", { class: "atlas-samples" }, scale.special.map((name) => sample(name, SPECIAL[name])))];
}

const presentSetting = () => h("span", { class: "atlas-present" }, s("svg", { class: "atlas-cross", viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: "M8 1v5M8 10v5M1 8h5M10 8h5" })), "present setting");

function scaleBar(scale, theme) {
  const rem = rootSize();
  const canvas = h("canvas", { class: "key-canvas", "aria-hidden": "true" });
  const [width, height] = [rem * 14, rem * 0.6];
  const context = fitCanvas(canvas, width, height);
  for (let x = 0; x < width; x += 1) {
    context.fillStyle = heatCss(x / (width - 1), theme);
    context.fillRect(x, 0, 1.5, height);
  }
  const shift = (share) => (share > 0.94 ? "-100%" : share < 0.06 ? "0%" : "-50%");
  const labels = scale.ticks.map(({ share, words }) => h("span", { style: { left: `${share * 100}%`, "--shift": shift(share) } }, words));
  const ends = `from ${scale.ticks[0]?.words} to ${scale.ticks.at(-1)?.words}${scale.kind === "log" ? ", logarithmic" : ""}`;
  return h("div", { class: "key", role: "img", "aria-label": `Colours of ${scale.title.toLowerCase()}, one scale for all maps: ${ends}` },
    h("span", { class: "key-title" }, scale.title), h("div", { class: "key-scale atlas-scale" }, canvas, h("div", { class: "key-labels" }, labels)));
}

/** How far it is, and the way to start it or stop it. */
function createProgress(onStart, onCancel) {
  const words = h("span", { class: "progress-words" });
  const bar = h("div", { class: "progress-bar", role: "progressbar", "aria-label": "Runs computed", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span", {}));
  const cancel = h("button", { type: "button", class: "toggle atlas-cancel", onclick: onCancel }, icon("close"), "Cancel");
  const again = h("button", { type: "button", class: "toggle", onclick: onStart }, icon("play"), "Compute it");
  const element = h("div", { class: "progress atlas-progress" }, bar, words, cancel, again);
  return {
    element,
    /** @param {{status: string, sweep: import("../api/sweeps.js").Sweep | null, network: boolean}} state */
    update({ status, sweep, network }) {
      const [done, total] = [sweep?.done ?? 0, sweep?.runs ?? 0];
      const share = status === "running" && total ? done / total : 0;
      bar.style.setProperty("--share", String(share));
      bar.setAttribute("aria-valuenow", String(Math.floor(100 * share)));
      show(bar, status === "running" || status === "waiting");
      show(cancel, status === "running" || status === "waiting");
      show(again, status === "cancelled");
      setText(words, wordsOf(status, { done, total, remaining: sweep?.remaining ?? null }, network));
    },
  };
}

function wordsOf(status, { done, total, remaining }, network) {
  const noun = network ? "trainings" : "runs";
  if (status === "complete") return `${whole(total)} ${noun}`;
  if (status === "cancelled") return total ? `stopped at ${whole(done)} of ${whole(total)} ${noun}` : "stopped";
  if (status === "refused" || status === "offered") return "";
  if (!done) return "starting …";
  return `${whole(done)}\u00a0of ${whole(total)}${remaining === null ? "" : ` · ${left(remaining).replaceAll(" ", "\u00a0")}`}`;
}

/** @param {number} seconds */
function left(seconds) {
  if (seconds < 1) return "under 1 s left";
  return seconds < 90 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`;
}

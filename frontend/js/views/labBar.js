// @ts-check
/** Above the columns: what is trained, how far it is, and what the colours of the heat maps mean. */

import { fitCanvas, rootSize } from "../lib/canvas.js";
import { fill, h, setText, show } from "../lib/dom.js";
import { tick } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { brokenColours, heatCss } from "../plots/heatScale.js";
import { entryOf } from "../state/scenario.js";

const STATES = ["hidden", "cell"];
const NAMES = { hidden: "hₜ", cell: "cₜ" };

/**
 * @param {HTMLElement} root
 * @param {{onCancel: () => void, onAgain: () => void, onLive: () => void, onLens: (which: string) => void}} listeners
 */
export function createLabBar(root, { onCancel, onAgain, onLive, onLens }) {
  const title = h("h2", { class: "toolbar-title" });
  const words = h("span", { class: "progress-words" });
  const bar = h("div", { class: "progress-bar", role: "progressbar", "aria-label": "Updates computed", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span", {}));
  const cancel = h("button", { type: "button", class: "toggle lab-cancel", onclick: onCancel }, icon("close"), "Cancel");
  const again = h("button", { type: "button", class: "toggle lab-again", hidden: true, onclick: onAgain }, icon("play"), "Compute the rest");
  const live = h("button", { type: "button", class: "toggle lab-live", hidden: true, title: "Go to the newest update and follow it", onclick: onLive }, icon("last"), "Follow");
  const progress = h("div", { class: "progress" }, bar, words, live, cancel, again);
  const options = STATES.map((name) => {
    const input = h("input", { type: "radio", name: "lab-state", value: name, class: "visually-hidden", onchange: () => onLens(name) });
    return { name, input, element: h("label", { class: "segment" }, input, h("span", {}, NAMES[name])) };
  });
  const choice = h("fieldset", { class: "segments", "data-control": "heat_state", hidden: true }, h("legend", { class: "visually-hidden" }, "Gradient by hidden state or by cell"), options.map(({ element }) => element));
  const canvas = h("canvas", { class: "key-canvas", "aria-hidden": "true" });
  const labels = h("div", { class: "key-labels" });
  const broken = h("canvas", { class: "key-broken", "aria-hidden": "true" });
  const keyTitle = h("span", { class: "key-title" });
  const key = h("div", { class: "key lab-key", "data-control": "heat", role: "img" }, keyTitle, h("div", { class: "key-scale" }, canvas, labels), h("span", { class: "key-extra" }, broken, "not finite"));
  fill(root, h("div", { class: "lab-state" }, title, progress), choice, key);
  let shown = "";
  let painted = /** @type {Parameters<typeof paintKey> | null} */ (null);

  const paintKey = ({ low, high, below, above }, theme) => {
    const rem = rootSize();
    const [width, height] = [rem * 11, rem * 0.6];
    const context = fitCanvas(canvas, width, height);
    for (let x = 0; x < width; x += 1) {
      context.fillStyle = heatCss(x / (width - 1), theme);
      context.fillRect(x, 0, 1.5, height);
    }
    const every = Math.ceil((high - low) / 4);
    const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter((power) => (power - low) % every === 0 || power === high);
    const kept = powers.filter((power) => power === high || high - power >= every * 0.75);
    const mark = (power) => (power === low && below ? "≤" : power === high && above ? "≥" : "") + tick(10 ** power);
    fill(labels, kept.map((power) => h("span", { style: { left: `${((power - low) / (high - low)) * 100}%` } }, mark(power))));
    const checks = fitCanvas(broken, height, height);
    const colours = brokenColours(theme);
    for (let cell = 0; cell < 16; cell += 1) {
      checks.fillStyle = colours[((cell >> 2) + cell) % 2];
      checks.fillRect(((cell % 4) * height) / 4, ((cell >> 2) * height) / 4, height / 4, height / 4);
    }
    key.setAttribute("aria-label", `Colours of the heat maps, one scale for all variants: from ${tick(10 ** low)} to ${tick(10 ** high)}, logarithmic`);
  };

  return {
    /** @param {{run: import("../api/growing.js").Growing | null, catalog: any}} state */
    update({ run, catalog }) {
      const name = (family, kind) => entryOf(catalog, family, kind)?.label ?? kind;
      setText(title, run ? `${name("problem", run.experiment.problem.kind)} · ${name("task", run.experiment.task.kind)}` : "\u00a0");
      show(choice, Boolean(run?.variants.some(({ heat }) => heat.values.cell)));
    },
    /** @param {import("../plots/heatScale.js").Decades} decades @param {import("../plots/palette.js").Theme} theme @param {string} which */
    setScale(decades, theme, which) {
      for (const { name, input } of options) input.checked = name === which;
      const now = JSON.stringify([decades, theme, which, rootSize()]);
      if (now === shown) return;
      shown = now;
      setText(keyTitle, `‖∂L/∂${NAMES[which]}‖`);
      painted = [decades, theme];
      paintKey(decades, theme);
    },
    /** The size of letters may have changed, and the bar is as long as so many of them. */
    measure: () => painted && paintKey(...painted),
    /** @param {{status: string, done: number, total: number, remaining: number | null, behind: boolean}} state */
    setProgress({ status, done, total, remaining, behind }) {
      const percent = total ? Math.floor((100 * done) / total) : 0;
      bar.style.setProperty("--share", String(total ? done / total : 0));
      bar.setAttribute("aria-valuenow", String(percent));
      root.dataset.status = status;
      setText(words, sentenceOf(status, done, total, remaining));
      show(cancel, status === "running" || status === "waiting");
      show(again, status === "cancelled");
      show(live, status === "running" && behind);
    },
  };
}

function sentenceOf(status, done, total, remaining) {
  if (status === "complete") return `${total} updates computed`;
  if (status === "cancelled") return `stopped at ${done} of ${total}`;
  if (status === "refused") return "";
  if (!done) return "starting …";
  return remaining === null ? `${done} of ${total}` : `${done} of ${total} · ${timeLeft(remaining)}`;
}

function timeLeft(seconds) {
  if (seconds < 1) return "under 1 s left";
  if (seconds < 90) return `${Math.ceil(seconds)} s left`;
  return `${Math.ceil(seconds / 60)} min left`;
}

// @ts-check
/** One variant's map: cells, curves and cross; how many settings end how; the numbers of the cell in hand with the curve of its loss. */

import { outcomeOf } from "../api/sweeps.js";
import { fitCanvas, pixelRatio, rootSize } from "../lib/canvas.js";
import { fill, h, s, setText } from "../lib/dom.js";
import { percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { createCellMap } from "../plots/cellMap.js";
import { paintSample } from "../plots/inks.js";
import { brief, factsOf, nameOf, settingOf, summaryOf } from "../plots/mapWords.js";
import { variantStyle } from "../plots/palette.js";
import { paintSparkline } from "../plots/sparkline.js";

/** @typedef {{x: number, y: number}} Cell */

/**
 * @param {number} index
 * @param {{onHover: (cell: Cell | null) => void, onMove: (dx: number, dy: number) => void, onTap: (cell: Cell | null) => void,
 *   onOpen: (cell: Cell | null) => void, onCurve: (id: string) => void, onTable: (variant: number) => void}} listeners
 */
export function createMapPanel(index, listeners) {
  const canvas = () => h("canvas", { class: "layer", "aria-hidden": "true" });
  const [base, now] = [canvas(), canvas()];
  const plot = h("div", { class: "atlas-plot", tabindex: 0, role: "application", "aria-roledescription": "map" }, base, now);
  const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
  const name = h("h3", { class: "panel-name" });
  const table = h("button", { type: "button", class: "quiet square small", "data-control": "numbers", title: "Numbers of the cells", onclick: () => listeners.onTable(index) }, icon("table"));
  const shares = h("ul", { class: "atlas-shares", "data-control": "outcomes" });
  const sentence = h("p", { class: "sentence", "data-control": "outcomes" });
  const reading = createReading();
  const element = h("figure", { class: "panel atlas-panel", "data-index": index },
    h("header", { class: "panel-head" }, swatch, name, table), plot, h("figcaption", { class: "atlas-caption" }, shares, sentence, reading.element));
  const map = createCellMap({ base, now });
  let data = /** @type {import("../plots/cellMap.js").MapData | null} */ (null);
  let counted = "";
  attach(plot, map, listeners);

  const describe = ({ sweep, variant, theme, counts: all }) => {
    const total = sweep.known || 1;
    const occurring = Object.keys(all[variant]).filter((outcome) => all.some((one) => one[outcome] > 0));
    const counts = occurring.map((outcome) => ({ outcome, count: all[variant][outcome] }));
    const key = JSON.stringify([counts, total, sweep.complete, theme, rootSize(), pixelRatio()]);
    if (key === counted) return;
    counted = key;
    const words = counts.filter(({ count }) => count > 0).map(({ outcome, count }) => `${nameOf(sweep, outcome).toLowerCase()} ${percent(count / total)}`);
    fill(shares, counts.map((one) => h("li", { "data-outcome": one.outcome, class: one.count ? "" : "is-none" }, sampleOf(one.outcome, theme), h("span", {}, nameOf(sweep, one.outcome)), h("b", {}, brief(one.count / total)))));
    const summary = summaryOf(sweep, variant, all);
    setText(sentence, summary);
    const { x, y } = sweep;
    plot.setAttribute("aria-label", `${sweep.variants[variant].name}: ${x.label.toLowerCase()} across, ${y.label.toLowerCase()} up. ${words.length ? `${words.join(", ")}. ` : ""}${summary}`);
  };

  return {
    element,
    map,
    measure() {
      counted = "";
      reading.measure();
      return map.resize({ width: plot.clientWidth, height: plot.clientHeight, rem: rootSize() });
    },
    /** @param {import("../plots/cellMap.js").MapData} next */
    setData(next) {
      data = next;
      const { sweep, variant, theme } = next;
      element.style.setProperty("--variant", variantStyle(index, theme).colour);
      element.dataset.shape = variantStyle(index, theme).shape;
      setText(name, sweep.variants[variant].name);
      table.setAttribute("aria-label", `Table of ${sweep.variants[variant].name}`);
      map.setData(next);
      describe(next);
    },
    /** @param {import("../plots/cellMap.js").Marks} marks @param {Cell | null} cell whose numbers are shown @param {ArrayLike<number> | null} loss */
    setMarks(marks, cell, loss) {
      if (!data) return;
      map.draw(marks);
      reading.update(data, cell, loss, index, marks.cell !== null);
    },
  };
}

function sampleOf(outcome, theme) {
  const canvas = h("canvas", { class: "atlas-swatch", "aria-hidden": "true" });
  const rem = rootSize();
  fitCanvas(canvas, Math.round(rem * 1.25), Math.round(rem * 0.75));
  paintSample(canvas, outcome, theme, pixelRatio());
  return canvas;
}

/** Numbers of one cell, and the curve of its loss. */
function createReading() {
  const setting = h("span", {});
  const present = s("svg", { class: "atlas-cross", viewBox: "0 0 16 16", role: "img", "aria-label": "Present setting," }, s("path", { d: "M8 1v5M8 10v5M1 8h5M10 8h5" }));
  const badge = h("span", { class: "badge" });
  const words = h("span", {});
  const facts = h("dl", { class: "facts atlas-facts" });
  const curve = h("canvas", { class: "atlas-spark", "aria-hidden": "true" });
  const whose = h("span", { class: "atlas-spark-note" });
  const box = h("div", { class: "atlas-spark-box" }, curve, whose);
  const element = h("div", { class: "atlas-reading" }, h("p", { class: "atlas-setting" }, present, setting), badge, h("div", { class: "atlas-reading-body" }, facts, box));
  let size = { width: 0, height: 0 };
  return {
    element,
    measure() {
      size = { width: box.clientWidth, height: box.clientHeight };
    },
    /** @param {import("../plots/cellMap.js").MapData} data @param {Cell | null} cell @param {ArrayLike<number> | null} loss @param {boolean} inHand */
    update({ sweep, variant, theme }, cell, loss, index, inHand) {
      element.classList.toggle("is-empty", !cell);
      if (!cell) return;
      const asked = cell.y * sweep.columns + cell.x;
      const place = sweep.source[asked] < 0 ? asked : sweep.source[asked];
      const shown = { x: place % sweep.columns, y: Math.floor(place / sweep.columns) };
      setText(setting, `${inHand ? "" : "nearest cell: "}${settingOf(sweep, shown)}`);
      present.toggleAttribute("hidden", inHand);
      const { cells } = sweep.variants[variant];
      const outcome = outcomeOf(sweep, cells, place);
      if (badge.dataset.status !== outcome) {
        badge.dataset.status = outcome;
        badge.dataset.thrown = String(outcome === "thrown");
        fill(badge, outcome && icon(outcome === "thrown" ? "diverged" : /** @type {any} */ (outcome)), words);
      }
      setText(words, outcome ? nameOf(sweep, outcome) : "Not computed yet");
      const told = factsOf(sweep, variant, place);
      if (facts.children.length !== told.length) fill(facts, told.map(([label]) => h("div", {}, h("dt", {}, label), h("dd", {}))));
      told.forEach(([label, value], order) => {
        setText(facts.children[order].firstChild, label);
        setText(facts.children[order].lastChild, value);
      });
      setText(whose, sweep.seeds > 1 ? `loss, seed ${sweep.experiment.seed}` : "loss");
      paintSparkline(curve, size, place === asked ? loss : null, sweep.experiment.n_steps, variantStyle(index, theme).colour, theme);
    },
  };
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 8], PageDown: [0, -8], Home: [-Infinity, 0], End: [Infinity, 0] };

/** Pointer, finger and keyboard. @param {HTMLElement} plot @param {ReturnType<typeof createCellMap>} map @param {any} listeners */
function attach(plot, map, { onHover, onMove, onTap, onOpen, onCurve }) {
  const at = (event) => {
    const bounds = plot.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  let finger = false;
  plot.addEventListener("pointerdown", (event) => {
    finger = event.pointerType === "touch";
  });
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const [px, py] = at(event);
    onHover(map.cellAt(px, py));
    onCurve(map.curveAt(px, py));
  });
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return;
    onHover(null);
    onCurve("");
  });
  plot.addEventListener("click", (event) => {
    const [px, py] = at(event);
    const cell = map.cellAt(px, py);
    if (finger && cell) onTap(cell);
    else if (cell) onOpen(cell);
    if (finger) onCurve(map.curveAt(px, py));
  });
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (!step && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const [dx, dy] = step ?? [0, 0];
    if (step) onMove(event.shiftKey ? dx * 8 : dx, event.shiftKey ? dy * 8 : dy);
    else onOpen(null);
  });
}

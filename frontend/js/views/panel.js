// @ts-check
/** One variant: its name and rule, the map or surface with its path, how it ended. */

import { rootSize } from "../lib/canvas.js";
import { fill, h, s, setText, show } from "../lib/dom.js";
import { number, percent, point } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { lossAt } from "../plots/heights.js";
import { variantStyle } from "../plots/palette.js";
import { createStage } from "../plots/stage.js";

/**
 * @param {number} index
 * @param {{onStart: (place: number[], phase: "move" | "end") => void, onTable: (index: number) => void}} listeners
 */
export function createPanel(index, { onStart, onTable }) {
  const canvas = (name) => h("canvas", { class: `layer ${name}`, "aria-hidden": "true" });
  const [base, levels, ink, now] = [canvas("base"), canvas("levels"), canvas("ink"), canvas("now")];
  const library = h("div", { class: "layer library" });
  const solid = h("div", { class: "layer solid", hidden: true });
  const labels = { x: h("span", { class: "axis-x" }), y: h("span", { class: "axis-y" }) };
  const readout = h("div", { class: "readout", "aria-hidden": "true", hidden: true });
  const view = h("div", { class: "map", role: "img" }, base, library, solid, levels, ink, now, labels.x, labels.y, readout);
  const marker = s("svg", { class: "marker", viewBox: "-12 -12 24 24", "aria-hidden": "true" });
  const name = h("h3", { class: "panel-name" });
  const rule = h("span", { class: "panel-rule" });
  const table = h("button", { type: "button", class: "quiet square small", "data-control": "numbers", title: "Numbers of every step", onclick: () => onTable(index) }, icon("table"));
  const badge = h("span", { class: "badge" });
  const headline = h("span", {});
  const sentence = h("p", { class: "sentence" });
  const [status, loss, clipped, angle] = [fact("status", "status-word", "visually-hidden"), fact("loss"), fact("clipped"), fact("turned")];
  const facts = h("dl", { class: "facts" }, [status, loss, clipped, angle].map((one) => one.element));
  const caption = h("figcaption", { class: "outcome", "data-control": "outcomes" }, h("div", { class: "outcome-head" }, badge, facts), sentence);
  const element = h("figure", { class: "panel", "data-index": index }, h("header", { class: "panel-head" }, marker, name, rule, table), view, caption);
  const stage = createStage({ base, levels, ink, now });
  let scene = /** @type {any} */ (null);
  let labelled = "";

  attachPointer(view, stage, () => scene, onStart, readout);

  return {
    element,
    map: view,
    stage,
    library,
    solid,
    labels,
    /** Measure the panel; returns whether its size changed. */
    measure() {
      const changed = stage.resize({ width: view.clientWidth, height: view.clientHeight, rem: rootSize() });
      placeLabels();
      return changed;
    },
    /** @param {{scene: import("../plots/stage.js").Scene, entry: any, threshold: number | null, mode: string, told: boolean}} next */
    update({ scene: next, entry, threshold, mode, told }) {
      const { run } = next;
      if (scene?.theme !== next.theme || !marker.firstChild) fill(marker, markerShape(variantStyle(index, next.theme)));
      scene = next;
      stage.setScene(next);
      setText(name, run.name);
      const words = entry && !run.name.startsWith(entry.label) ? entry.label : "";
      const limit = threshold === null ? "" : `threshold ${number(threshold)}`;
      setText(rule, [words, limit].filter(Boolean).join(" · "));
      element.classList.toggle("has-own-name", entry !== undefined && entry.label !== run.name);
      table.setAttribute("aria-label", `Table of ${run.name}`);
      setText(labels.x, next.surface.axisLabels[0] ?? "");
      setText(labels.y, next.surface.axisLabels[1] ?? "");
      const [[x0, x1], [y0, y1]] = next.surface.window;
      view.style.setProperty("--aspect", String((y1 - y0) / (x1 - x0)));
      placeLabels();
      view.classList.toggle("is-solid", mode === "surface");
      view.setAttribute("aria-label", `${run.name}: path of ${run.steps} steps from ${point(run.series.params[0], run.series.params[1])}.${told ? ` ${run.outcome.sentence}` : ""}`);
      element.style.setProperty("--variant", variantStyle(index, next.theme).colour);
      describe(run);
    },
  };

  /** The names of the axes stand inside the map, wherever it lies in the panel. */
  function placeLabels() {
    const box = stage.mapBox();
    if (!box) return;
    const { width, height } = stage.size();
    const sides = { left: box.left, top: box.top, right: width - box.left - box.width, bottom: height - box.top - box.height };
    if (Object.values(sides).join() === labelled) return;
    labelled = Object.values(sides).join();
    for (const [side, pixels] of Object.entries(sides)) view.style.setProperty(`--map-${side}`, `${pixels}px`);
  }

  function describe({ outcome, summary }) {
    const thrown = (outcome.headline ?? "").startsWith("Thrown");
    if (badge.dataset.status !== outcome.status || badge.dataset.thrown !== String(thrown)) {
      badge.dataset.status = outcome.status;
      badge.dataset.thrown = String(thrown);
      fill(badge, icon(thrown ? "diverged" : outcome.status), headline);
    }
    setText(headline, outcome.headline ?? outcome.status);
    setText(sentence, outcome.sentence);
    show(status.element, !headline.textContent?.toLowerCase().includes(outcome.status));
    setText(status.value, outcome.status);
    setText(loss.value, number(summary.final_loss));
    setText(clipped.value, percent(summary.clip_fraction));
    setText(angle.value, turned(summary.max_angle));
  }
}

/** A name and a number that changes. @param {string} label */
function fact(label, name = "", labelled = "") {
  const value = h("dd", {});
  return { value, element: h("div", { class: name }, h("dt", { class: labelled }, label), value) };
}

function turned(angle) {
  return angle === null || Number.isNaN(angle) ? "–" : angle < 0.05 ? "0°" : `${number(angle, 2)}°`;
}

function markerShape({ shape, colour }) {
  const shapes = {
    circle: () => s("circle", { r: 8 }),
    square: () => s("rect", { x: -7.5, y: -7.5, width: 15, height: 15 }),
    triangle: () => s("path", { d: "M0 -9.5L9 7H-9z" }),
    diamond: () => s("path", { d: "M0 -10L10 0L0 10L-10 0z" }),
  };
  const drawn = shapes[shape]();
  drawn.setAttribute("fill", colour);
  return drawn;
}

/** What lies under the pointer: a step of the path where one is near, else the landscape. */
function wordsAt([x, y], step, { surface, run }, digits = 3) {
  if (step === null) return `${point(x, y, digits)}  loss ${number(lossAt(surface, x, y))}`;
  const { params, loss, grad_norm: norms } = run.series;
  const norm = step < run.steps ? `  ‖g‖ ${number(norms[step])}` : "";
  return `step ${step}  ${point(params[2 * step], params[2 * step + 1])}  loss ${number(loss[step])}${norm}`;
}

/** As many has a start that is set with the pointer, in its field and beside the pointer. */
const DIGITS = 4;

/** Clicking or dragging on the map sets the start; hovering reads the loss. */
function attachPointer(view, stage, sceneNow, onStart, readout) {
  let dragging = false;
  const placeOf = (event) => {
    const projection = stage.projection();
    if (!projection?.from) return null;
    const [px, py] = pixelOf(event);
    const { box } = projection;
    const inside = px >= box.left && px <= box.left + box.width && py >= box.top && py <= box.top + box.height;
    if (!inside && !dragging) return null;
    return projection.from(Math.max(box.left, Math.min(box.left + box.width, px)), Math.max(box.top, Math.min(box.top + box.height, py)));
  };
  const pixelOf = (event) => {
    const bounds = view.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  const rounded = (place) => place.map((value) => Number(value.toPrecision(DIGITS)));
  view.addEventListener("pointerdown", (event) => {
    const place = event.button === 0 && event.pointerType !== "touch" ? placeOf(event) : null;
    if (!place) return;
    dragging = true;
    view.setPointerCapture(event.pointerId);
    onStart(rounded(place), "move");
  });
  view.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    if (place && dragging) onStart(rounded(place), "move");
    show(readout, Boolean(place));
    if (!place || !sceneNow()) return;
    if (dragging) setText(readout, wordsAt(rounded(place), null, sceneNow(), DIGITS));
    else setText(readout, wordsAt(place, stage.nearestStep(...pixelOf(event)), sceneNow()));
  });
  view.addEventListener("pointerup", (event) => {
    const place = dragging ? placeOf(event) : null;
    dragging = false;
    if (place) onStart(rounded(place), "end");
  });
  view.addEventListener("pointercancel", () => {
    dragging = false;
  });
  view.addEventListener("pointerleave", () => show(readout, false));
  view.addEventListener("click", (event) => {
    const place = event.pointerType === "touch" ? placeOf(event) : null;
    if (place) onStart(rounded(place), "end");
  });
}

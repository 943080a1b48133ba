// @ts-check
/** The loss surface of a network on a plane through its weights, with the path of every variant, and how much of it the plane shows. */

import { createChoice } from "../lib/choice.js";
import { rootSize } from "../lib/canvas.js";
import { fill, h, setText, show } from "../lib/dom.js";
import { number, percent } from "../lib/format.js";
import { createPlaneMap } from "../plots/planeMap.js";
import { variantStyle } from "../plots/palette.js";
import { filledChoice } from "../state/scenario.js";

const WAITING = {
  waiting: "The surface is computed when the training has ended.",
  complete: "The surface is being computed …",
  cancelled: "The surface is computed for trainings that ran to their end.",
};
const DEFAULT = { kind: "path", params: {} };

/** @param {HTMLElement} root @param {{catalog: any, onPlane: (plane: any) => void}} options */
export function createLabPlane(root, { catalog, onPlane }) {
  const canvas = () => h("canvas", { class: "layer", "aria-hidden": "true" });
  const [base, now] = [canvas(), canvas()];
  const plot = h("div", { class: "lab-plane-map", role: "img", "aria-label": WAITING.waiting }, base, now);
  const note = h("p", { class: "lab-plane-note" }, WAITING.waiting);
  const honesty = h("p", { class: "sentence" });
  const legend = h("ul", { class: "lab-legend" });
  const refused = h("p", { class: "field-error", role: "alert", hidden: true });
  let plane = /** @type {any} */ (null);
  const filled = (choice) => filledChoice(catalog, "plane", choice);
  const choice = createChoice({
    label: "Plane", entries: catalog.planes, where: "plane",
    listeners: {
      onKind: (kind) => onPlane(filled({ kind, params: {} })),
      onGrab: () => {},
      onMove: () => {},
      onCommit: (name, value) => onPlane({ ...plane, params: { ...plane.params, [name]: value } }),
    },
  });
  choice.element.dataset.control = "plane";
  fill(root,
    h("div", { class: "chart-head" }, h("h3", { class: "chart-title" }, "Held-out loss on a plane through the weights")),
    h("div", { class: "lab-plane-body" }, h("div", { class: "lab-plane-picture" }, plot, note), h("div", { class: "lab-plane-words" }, choice.element, refused, honesty, legend)));
  const map = createPlaneMap({ base, now });
  let surface = /** @type {any} */ (null);
  let step = 0;

  const describe = () => {
    const distances = surface.paths.map(({ name, distance, steps }, index) => {
      const place = map.placeOf(steps, step);
      return h("li", { style: { "--variant": variantStyle(index, document.documentElement.dataset.theme === "dark" ? "dark" : "light").colour } }, h("b", {}, name), ` ${number(distance[place])} off the plane at update ${steps[place]}`);
    });
    fill(legend, distances);
  };

  return {
    /** Why there is no surface yet. @param {string} status */
    setStatus(status) {
      const words = WAITING[status] ?? WAITING.waiting;
      setText(note, words);
      if (!surface) plot.setAttribute("aria-label", words);
    },
    measure: () => map.resize({ width: plot.clientWidth, height: plot.clientHeight, rem: rootSize() }),
    /** @param {any} chosen the plane of the document, or null */
    choose(chosen) {
      plane = filled(chosen ?? DEFAULT);
      choice.update(plane);
    },
    /** @param {{surface: any, refused: string} | null} answer null: none yet @param {import("../plots/palette.js").Theme} theme */
    update(answer, theme) {
      setText(refused, answer?.refused ?? "");
      show(refused, Boolean(answer?.refused));
      show(note, !answer?.surface);
      plot.classList.toggle("is-empty", !answer?.surface);
      surface = answer?.surface ?? null;
      if (answer?.refused) setText(note, "There is no surface of this plane.");
      setText(honesty, surface ? surface.plane.sentence : "");
      fill(legend);
      if (!surface) return;
      map.setSurface(surface, theme);
      const { share_inside: inside } = surface.plane;
      plot.setAttribute("aria-label", `Loss on a plane with the paths of ${surface.paths.map(({ name }) => name).join(", ")}. ${surface.plane.sentence || `Share inside: ${percent(inside ?? 0)}.`}`);
      describe();
    },
    /** @param {{step: number}} clock */
    tick(clock) {
      if (!surface) return;
      map.draw(clock.step);
      if (clock.step === step) return;
      step = clock.step;
      describe();
    },
  };
}

// @ts-check
/** Above the panels: what landscape this is, map or 3-D, what the colours and arrows mean. */

import { fitCanvas, rootSize } from "../lib/canvas.js";
import { fill, h, s, setText, show } from "../lib/dom.js";
import { tick } from "../lib/format.js";
import { BANDS, heightsOf } from "../plots/heights.js";
import { minimaIn } from "../plots/marks.js";
import { heightCss } from "../plots/palette.js";

/** @param {HTMLElement} root @param {{onSurface: (surface: "contour" | "surface") => void}} listeners */
export function createToolbar(root, { onSurface }) {
  const option = (value, label) => {
    const input = h("input", { type: "radio", name: "surface", value, class: "visually-hidden", onchange: () => onSurface(value) });
    return { input, element: h("label", { class: "segment" }, input, h("span", {}, label)) };
  };
  const [flat, solid] = [option("contour", "Map"), option("surface", "3-D")];
  const title = h("h2", { class: "toolbar-title" });
  const canvas = h("canvas", { class: "key-canvas", "aria-hidden": "true" });
  const labels = h("div", { class: "key-labels" });
  const note = h("span", { class: "toolbar-note", role: "status" });
  const minimum = sample("minimum", "minimum");
  fill(root,
    title,
    h("fieldset", { class: "segments", "data-control": "surface" }, h("legend", { class: "visually-hidden" }, "View of the landscape"), flat.element, solid.element),
    note,
    h("div", { class: "legend" }, sample("raw", "raw step"), sample("kept", "clipped step"), sample("start", "start"), minimum),
    h("div", { class: "key", role: "img", "aria-label": "Colour scale of the loss" }, h("span", { class: "key-title" }, "loss"), h("div", { class: "key-scale" }, canvas, labels)));
  let shown = /** @type {any[]} */ ([]);

  let rem = 0;

  const paintKey = (surface, theme) => {
    rem = rootSize();
    const [width, height] = [rem * 10, rem * 0.6];
    const context = fitCanvas(canvas, width, height);
    for (let band = 0; band < BANDS; band += 1) {
      context.fillStyle = heightCss((band + 0.5) / BANDS, theme);
      context.fillRect((band * width) / BANDS, 0, width / BANDS + 0.5, height);
    }
    const heights = heightsOf(surface);
    fill(labels, heights.ticks.map((loss) => h("span", { style: { left: `${heights.share(loss) * 100}%`, "--shift": shiftOf(heights.share(loss)) } }, tick(Number(loss.toPrecision(2))))));
  };

  new ResizeObserver(() => shown.length && rem !== rootSize() && paintKey(shown[0], shown[1])).observe(title);

  return {
    update({ document, session }) {
      flat.input.checked = document.view.surface === "contour";
      solid.input.checked = document.view.surface === "surface";
      const kind = session.result?.experiment.problem.kind;
      setText(title, session.catalog?.problems.find((entry) => entry.kind === kind)?.label ?? "\u00a0");
      setText(note, session.note3d ?? "");
      note.classList.toggle("is-waiting", note.textContent.endsWith("…"));
      show(minimum, document.view.surface === "contour" && minimaIn(session.surface).length > 0);
      const wanted = [session.surface, session.theme];
      if (session.surface && wanted.some((part, index) => part !== shown[index])) {
        shown = wanted;
        paintKey(session.surface, session.theme);
      }
    },
  };
}

/** The first and the last number of the colour key stay within its ends. @param {number} share */
const shiftOf = (share) => (share > 0.94 ? "-100%" : share < 0.06 ? "0%" : "-50%");

const SAMPLES = {
  raw: () => [s("path", { d: "M2 8h17", class: "sample-dash" }), s("path", { d: "M26 8l-7-3v6z", class: "sample-fill" })],
  kept: () => [s("path", { d: "M2 8h16", class: "sample-solid" }), s("path", { d: "M26 8l-9-4v8z", class: "sample-fill" })],
  start: () => [s("circle", { cx: 14, cy: 8, r: 5, class: "sample-line" }), s("circle", { cx: 14, cy: 8, r: 1.6, class: "sample-fill" })],
  minimum: () => [s("path", { d: "M9 8h10M14 3v10", class: "sample-line" })],
};

function sample(name, words) {
  return h("span", { class: "sample" }, s("svg", { viewBox: "0 0 28 16", "aria-hidden": "true" }, SAMPLES[name]()), words);
}

// @ts-check
/** The code of a frame for course pages and slides: what is to be in it, and what it will look like. */

import { createCopyLine } from "../lib/copyLine.js";
import { debounce, fill, h, setText, show, uniqueId } from "../lib/dom.js";
import { writeOptions } from "../state/embedding.js";
import { MAX_SHOWN, MAX_STEPS } from "../state/scenario.js";

const HELP = "For course pages and slides. Opens this picture in a frame, with a way to the whole page. It carries everything itself, but needs this server to compute it.";
/** Name, and width and height in pixels; width 0: as wide as the page around it. @type {Record<string, [string, number, number]>} */
const SIZES = { page: ["as wide as the page", 0, 640], slide: ["a slide, 960 × 540", 960, 540], half: ["half a slide, 480 × 540", 480, 540] };
const PAGE_WIDTH = 800;

/** @param {() => void} onChange */
export function createEmbedChoices(onChange) {
  const code = createCopyLine("Code of a frame", HELP, { rows: 3 });
  const controls = choice("Visitors can use", { player: "the player only", sliders: "player and sliders", all: "everything" }, onChange);
  const parts = choice("It shows", { all: "maps and curves", maps: "maps only", curves: "curves only" }, onChange);
  const theme = choice("Theme", { "": "as linked", light: "light", dark: "dark" }, onChange);
  const autoplay = choice("It begins", { "": "at rest", yes: "playing" }, onChange);
  const size = choice("Size", Object.fromEntries(Object.entries(SIZES).map(([name, [words]]) => [name, words])), onChange);
  const [from, to] = ["From step", "To step"].map((label) => stepField(label, onChange));
  const panels = h("fieldset", { class: "embed-panels" });
  const loopHelp = h("p", { class: "field-error", role: "alert", hidden: true });
  const loop = h("fieldset", { class: "embed-loop" }, h("legend", {}, "Repeat a range of steps"), from.element, to.element, loopHelp);
  const box = h("div", { class: "embed-box" });
  const preview = h("details", { class: "fold share-fold", ontoggle: () => draw() }, h("summary", {}, h("span", {}, "Preview of the frame")), box);
  const element = h("section", { class: "share-embed" }, h("h3", { class: "share-head" }, "A frame in another page"),
    h("div", { class: "share-choices" }, controls.element, parts.element, theme.element, autoplay.element, size.element),
    h("div", { class: "embed-more" }, panels, loop), code.element, preview);
  let boxes = /** @type {HTMLInputElement[]} */ ([]);
  let address = "";
  let drawn = "";

  const chosen = () => boxes.flatMap((one, index) => (one.checked ? [index + 1] : []));
  /** Both ends, or null where there is no range to repeat. @returns {[number, number] | null} */
  const range = () => {
    const [first, last] = [from.field, to.field].map(({ value }) => (value === "" ? NaN : Number(value)));
    const empty = Number.isNaN(first) && Number.isNaN(last);
    const fits = first >= 0 && last > first && last <= MAX_STEPS && Number.isInteger(first) && Number.isInteger(last);
    setText(loopHelp, empty || fits ? "" : "Give two whole steps, the first below the second; until then nothing repeats.");
    show(loopHelp, loopHelp.textContent !== "");
    return fits ? [first, last] : null;
  };

  const sizeNow = () => {
    const [, width, height] = SIZES[size.value()];
    return { width: width || PAGE_WIDTH, height };
  };
  /** The frame itself, as small as the dialog wants it; there is one only while it is looked at. */
  const draw = () => {
    const { width, height } = sizeNow();
    const wanted = preview.open ? `${width} ${height} ${address}` : "";
    if (wanted === drawn) return;
    drawn = wanted;
    if (!wanted) return fill(box);
    const scale = Math.min(1, (box.clientWidth || 300) / width);
    const frame = h("iframe", { src: address, title: "Preview of the frame", width, height, style: { transform: `scale(${scale})` } });
    fill(box, h("div", { class: "embed-scaled", style: { width: `${width * scale}px`, height: `${height * scale}px` } }, frame));
  };

  /** Typing a title does not open the frame anew letter by letter. */
  const drawSoon = debounce(draw, 200);

  return {
    element,
    /** What is on the screen: its variants and its tab. @param {any} experiment @param {string} tab */
    choose({ variants }, tab) {
      boxes = variants.slice(0, MAX_SHOWN).map(() => h("input", { type: "checkbox", checked: true, onchange: onChange }));
      fill(panels, h("legend", {}, "Panels"), boxes.map((one, index) => h("label", { class: "check" }, one, variants[index].name)));
      show(panels, boxes.length > 1);
      for (const part of [loop, parts.element, autoplay.element]) show(part, tab !== "map");
      for (const { field } of [from, to]) field.value = "";
    },
    /** @param {Promise<string>} link the long one @param {string} title */
    async update(link, title) {
      const some = chosen();
      const options = {
        controls: controls.value(), show: parts.value(), theme: theme.value(), autoplay: autoplay.value() === "yes", loop: range(),
        panels: some.length === boxes.length ? [] : some,
      };
      const [, width, height] = SIZES[size.value()];
      const wanted = link.then((long) => long.replace("#", `embed${writeOptions(options)}#`));
      const frameOf = (src) => h("iframe", { src, title: title || "Clipscape: gradient clipping compared", width: width || "100%", height, loading: "lazy", allow: "fullscreen" });
      if (!(await code.update(wanted.then((src) => frameOf(src).outerHTML)))) return;
      address = await wanted;
      drawSoon();
    },
    /** Nobody looks: nothing plays on. */
    rest() {
      preview.open = false;
      draw();
    },
  };
}

function stepField(label, oninput) {
  const id = uniqueId("step");
  const field = h("input", { type: "number", id, class: "share-field", min: 0, max: MAX_STEPS, step: 1, oninput });
  return { field, element: h("div", {}, h("label", { for: id }, label), field) };
}

function choice(label, names, onchange) {
  const id = uniqueId("choice");
  const select = h("select", { id, onchange }, Object.entries(names).map(([value, words]) => h("option", { value }, words)));
  return { element: h("div", {}, h("label", { for: id }, label), select), value: () => select.value };
}

// @ts-check
/** One stability map: a coloured and patterned cell for every pair of numbers, curves of the theory above, a cross where the setting is. */

import { ideasOf } from "../api/sweeps.js";
import { fitCanvas, pixelRatio } from "../lib/canvas.js";
import { boxOf, paintCellAxes, shareAlong } from "./cellAxes.js";
import { inksFor } from "./inks.js";
import { inkOfCells } from "./measures.js";
import { paintCell, paintCross, paintCurve } from "./cellMarks.js";

/**
 * @typedef {{sweep: import("../api/sweeps.js").Sweep, variant: number, measure: import("../state/map.js").Measure,
 *   scale: import("./measures.js").Scale, theme: import("./palette.js").Theme, counts: Record<string, number>[]}} MapData  `counts`: cells by outcome, of all variants
 * @typedef {{cell: {x: number, y: number} | null, current: {x: number | null, y: number | null}, curve: string}} Marks the cell in hand, the
 *   present setting, the letter of the curve that is looked at
 * @param {{base: HTMLCanvasElement, now: HTMLCanvasElement}} canvases
 */
export function createCellMap({ base, now }) {
  let size = { width: 0, height: 0, rem: 16 };
  let data = /** @type {MapData | null} */ (null);
  let box = boxOf(size);

  const paint = () => {
    if (!data || !size.width) return;
    box = boxOf(size);
    const context = fitCanvas(base, size.width, size.height);
    paintCells(context, data, box);
    paintCellAxes(context, data.sweep, box, size, data.theme);
  };

  return {
    /** @param {import("./cellAxes.js").Size} next */
    resize(next) {
      if (next.width === size.width && next.height === size.height && next.rem === size.rem) return false;
      size = next;
      paint();
      return true;
    },
    /** @param {MapData} next */
    setData(next) {
      data = next;
      paint();
    },
    /** @param {Marks} marks */
    draw({ cell, current, curve }) {
      if (!data || !size.width) return;
      const { sweep, theme } = data;
      const context = fitCanvas(now, size.width, size.height);
      paintIdeas(context, data, box, size.rem, curve);
      if (cell) paintCell(context, placeOfCell(sweep, box, cell), theme);
      paintCross(context, sweep, current, box, size.rem, theme);
    },
    /** The cell under a place of the picture, or null beside it. @param {number} px @param {number} py */
    cellAt(px, py) {
      if (!data) return null;
      const [x, y] = [(px - box.left) / box.width, 1 - (py - box.top) / box.height];
      if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return null;
      return { x: Math.floor(x * data.sweep.columns), y: Math.floor(y * data.sweep.rows) };
    },
    /** The letter of the curve next to a place of the picture, or "". @param {number} px @param {number} py */
    curveAt(px, py) {
      if (!data) return "";
      const { sweep, variant } = data;
      const near = (overlay) => overlay.variants.includes(variant) && overlay.x.some((_, index) => index > 0 && distance(segment(overlay, index, sweep, box), px, py) < 5);
      return ideasOf(sweep).find(({ curves }) => curves.some(near))?.letter ?? "";
    },
    box: () => box,
    /** Middle of a setting in the picture. @param {number} x @param {number} y */
    placeOf: (x, y) => data && [box.left + shareAlong(data.sweep.x, x) * box.width, box.top + (1 - shareAlong(data.sweep.y, y)) * box.height],
  };
}

/** The curves of the theory. @param {any} context @param {MapData} data @param {import("./cellAxes.js").Box} box @param {string} chosen the letter of the one that is looked at */
export function paintIdeas(context, { sweep, variant, theme }, box, rem, chosen = "") {
  for (const { letter, curves } of ideasOf(sweep)) {
    const emphasis = chosen === "" ? "usual" : chosen === letter ? "chosen" : "faded";
    for (const overlay of curves) if (overlay.variants.includes(variant)) paintCurve(context, { ...overlay, letter }, sweep, box, rem, theme, emphasis);
  }
}

function segment({ x, y }, index, sweep, { left, top, width, height }) {
  const place = (at) => [left + shareAlong(sweep.x, x[at]) * width, top + (1 - shareAlong(sweep.y, y[at])) * height];
  return [...place(index - 1), ...place(index)];
}

function distance([x0, y0, x1, y1], px, py) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = Math.max(0, Math.min(1, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x0 + along * dx - px, y0 + along * dy - py);
}

/** The rectangle of a cell, or of the block that stands for it. @param {import("../api/sweeps.js").Sweep} sweep */
function placeOfCell({ columns, rows, source, grain }, { left, top, width, height }, { x, y }) {
  const place = y * columns + x;
  const from = source[place] < 0 ? place : source[place];
  const side = source[place] < 0 || from === place ? 1 : grain[place];
  const [x0, y0] = [from % columns, Math.floor(from / columns)];
  const [x1, y1] = [Math.min(columns, x0 + side), Math.min(rows, y0 + side)];
  return { left: left + (x0 / columns) * width, top: top + (1 - y1 / rows) * height, width: ((x1 - x0) / columns) * width, height: ((y1 - y0) / rows) * height };
}

/** Every pixel of the screen belongs to one cell: no blur, and the pattern runs on from cell to cell. */
function paintCells(context, data, box) {
  const ratio = pixelRatio();
  const [left, top] = [Math.round(box.left * ratio), Math.round(box.top * ratio)];
  const [width, height] = [Math.round((box.left + box.width) * ratio) - left, Math.round((box.top + box.height) * ratio) - top];
  context.putImageData(cellsImage(data, width, height, ratio), left, top);
}

/** All cells of a map. @param {MapData} data @param {number} width @param {number} height in pixels @param {number} ratio pixels per CSS pixel, for the patterns */
export function cellsImage({ sweep, variant, measure, scale, theme }, width, height, ratio) {
  const { inks, side, blank, special } = inksFor(theme, ratio);
  const codes = inkOfCells(sweep, variant, measure, scale, special);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const columnOf = Int32Array.from({ length: width }, (_, px) => Math.floor(((px + 0.5) / width) * sweep.columns));
  for (let py = 0; py < height; py += 1) {
    const row = (sweep.rows - 1 - Math.floor(((py + 0.5) / height) * sweep.rows)) * sweep.columns;
    const pattern = (py % side) * side;
    for (let px = 0; px < width; px += 1) {
      const code = codes[row + columnOf[px]];
      if (code < 0) {
        pixels[py * width + px] = blank;
        continue;
      }
      const { fill, line, mask } = inks[code];
      pixels[py * width + px] = mask !== null && mask[pattern + (px % side)] ? line : fill;
    }
  }
  return image;
}


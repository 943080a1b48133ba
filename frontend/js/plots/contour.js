// @ts-check
/** The map: bands of colour and level lines, painted from the surface of the API without any library. */

import { BANDS, heightsOf } from "./heights.js";
import { chrome, heightColour } from "./palette.js";

/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/**
 * Pictures painted last, by what they show: all panels share them.
 * @type {Map<Function, {key: any[], canvas: HTMLCanvasElement}>}
 */
const painted = new Map();

/** Where more levels than this pass through one cell of the grid, lines would only be a grey smear. */
const DENSE = 2;

/**
 * Bands of colour. Painted once for a surface, size and theme, then copied from panel to panel.
 * @param {CanvasRenderingContext2D} context @param {import("../api/results.js").Surface} surface @param {Box} box
 * @param {import("./palette.js").Theme} theme @param {number} ratio pixels per CSS pixel
 */
export function paintBands(context, surface, box, theme, ratio) {
  copyPicture(context, surface, box, theme, ratio, (picture, columns, rows) => {
    picture.putImageData(bands(heightsOf(surface).grid, surface, columns, rows, theme), 0, 0);
  }, paintBands);
}

/** Level lines, on whatever is below. The parameters are those of `paintBands`. */
export function paintLevels(context, surface, box, theme, ratio) {
  copyPicture(context, surface, box, theme, ratio, (picture, columns, rows) => {
    picture.strokeStyle = chrome(theme).contour;
    picture.lineWidth = ratio;
    strokeLevels(picture, heightsOf(surface).grid, surface, columns, rows);
  }, paintLevels);
}

function copyPicture(context, surface, box, theme, ratio, paint, name) {
  const [columns, rows] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  const key = [surface, columns, rows, theme];
  let last = painted.get(name);
  if (!last || key.some((part, index) => part !== last?.key[index])) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    paint(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), columns, rows);
    last = { key, canvas };
    painted.set(name, last);
  }
  context.drawImage(last.canvas, box.left, box.top, box.width, box.height);
}

/** Each pixel has the colour of its band: bilinear between grid points. */
function bands(grid, { columns: nx, rows: ny }, columns, rows, theme) {
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = bandColours(theme);
  for (let row = 0; row < rows; row += 1) {
    const y = (1 - (row + 0.5) / rows) * (ny - 1);
    const j = Math.min(ny - 2, Math.floor(y));
    const v = y - j;
    for (let column = 0; column < columns; column += 1) {
      const x = ((column + 0.5) / columns) * (nx - 1);
      const i = Math.min(nx - 2, Math.floor(x));
      const u = x - i;
      const at = j * nx + i;
      const low = grid[at] + (grid[at + 1] - grid[at]) * u;
      const high = grid[at + nx] + (grid[at + nx + 1] - grid[at + nx]) * u;
      pixels[row * columns + column] = colours[Math.min(BANDS - 1, Math.floor((low + (high - low) * v) * BANDS))];
    }
  }
  return image;
}

/** @returns {Uint32Array} ABGR, as little-endian pixels are */
function bandColours(theme) {
  return Uint32Array.from({ length: BANDS }, (_, band) => {
    const [red, green, blue] = heightColour((band + 0.5) / BANDS, theme);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/** Marching squares: in every cell, a line where a level passes between its corners. @param {any} context moveTo and lineTo */
export function strokeLevels(context, grid, { columns: nx, rows: ny }, columns, rows) {
  const dense = denseCells(grid, nx, ny);
  const [dx, dy] = [columns / (nx - 1), rows / (ny - 1)];
  context.beginPath();
  for (let j = 0; j < ny - 1; j += 1) {
    for (let i = 0; i < nx - 1; i += 1) {
      const at = j * nx + i;
      const corners = [grid[at], grid[at + 1], grid[at + nx + 1], grid[at + nx]];
      const first = Math.floor(Math.min(...corners) * BANDS) + 1;
      const end = Math.min(BANDS, Math.max(...corners) * BANDS);
      if (dense[at]) continue;
      for (let level = first; level < end; level += 1) {
        cellLine(context, corners, level / BANDS, i * dx, rows - j * dy, dx, dy);
      }
    }
  }
  context.stroke();
}

/** Cells that lie on, or next to, a stretch too steep for lines. */
function denseCells(grid, nx, ny) {
  const dense = new Uint8Array(nx * ny);
  for (let j = 0; j < ny - 1; j += 1) {
    for (let i = 0; i < nx - 1; i += 1) {
      const at = j * nx + i;
      const corners = [grid[at], grid[at + 1], grid[at + nx + 1], grid[at + nx]];
      if ((Math.max(...corners) - Math.min(...corners)) * BANDS <= DENSE) continue;
      for (let v = Math.max(0, j - 1); v <= Math.min(ny - 2, j + 1); v += 1) dense.fill(1, v * nx + Math.max(0, i - 1), v * nx + Math.min(nx - 2, i + 1) + 1);
    }
  }
  return dense;
}

const EDGES = [[0, 1], [1, 2], [2, 3], [3, 0]];
const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

function cellLine(context, corners, level, left, bottom, dx, dy) {
  const crossings = [];
  for (const [from, to] of EDGES) {
    const [a, b] = [corners[from], corners[to]];
    if (a < level === b < level) continue;
    const t = (level - a) / (b - a);
    const x = CORNERS[from][0] + (CORNERS[to][0] - CORNERS[from][0]) * t;
    const y = CORNERS[from][1] + (CORNERS[to][1] - CORNERS[from][1]) * t;
    crossings.push([left + x * dx, bottom - y * dy]);
  }
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    context.moveTo(crossings[index][0], crossings[index][1]);
    context.lineTo(crossings[index + 1][0], crossings[index + 1][1]);
  }
}

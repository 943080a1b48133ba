// @ts-check
/** Traces of the figure library, made from the same numbers as the canvas pictures. Pure data. */

import { BANDS, heightsOf } from "./heights.js";
import { heightCss } from "./palette.js";

/** Bands of equal colour, edge to edge. @param {import("./palette.js").Theme} theme */
export function colourScale(theme) {
  const stops = [];
  for (let band = 0; band < BANDS; band += 1) {
    const colour = heightCss((band + 0.5) / BANDS, theme);
    stops.push([band / BANDS, colour], [(band + 1) / BANDS, colour]);
  }
  return stops;
}

/** Colours without bands, for the surface. */
function smoothScale(theme) {
  return Array.from({ length: 13 }, (_, index) => [index / 12, heightCss(index / 12, theme)]);
}

/** Rows of a flat grid. */
function rowsOf(flat, columns) {
  const rows = [];
  for (let start = 0; start < flat.length; start += columns) rows.push(flat.subarray(start, start + columns));
  return rows;
}

/** @param {import("../api/results.js").Surface} surface @param {import("./palette.js").Theme} theme */
export function contourTrace(surface, theme) {
  return {
    type: "contour", x: surface.x, y: surface.y, z: rowsOf(heightsOf(surface).grid, surface.columns),
    zmin: 0, zmax: 1, colorscale: colourScale(theme), showscale: false, hoverinfo: "skip", autocontour: false,
    contours: { start: 1 / BANDS, end: 1 - 1 / BANDS, size: 1 / BANDS, coloring: "fill", showlines: false },
  };
}

/** @param {import("../api/results.js").Surface} surface @param {import("./palette.js").Theme} theme */
export function surfaceTrace(surface, theme) {
  const { grid } = heightsOf(surface);
  return {
    type: "surface", x: surface.x, y: surface.y, z: rowsOf(grid, surface.columns), cmin: 0, cmax: 1, colorscale: smoothScale(theme),
    showscale: false, hoverinfo: "skip", contours: { x: { highlight: false }, y: { highlight: false }, z: levels(theme) },
    lighting: { ambient: 0.72, diffuse: 0.55, specular: 0.06, roughness: 0.9, fresnel: 0.05 },
    lightposition: { x: -2000, y: 1000, z: 4000 },
  };
}

/** Lines on the surface are opaque, whatever their colour says. */
const LEVELS = { light: "#a3c2cf", dark: "#38545f" };

function levels(theme) {
  return { show: true, start: 1 / BANDS, end: 1, size: 1 / BANDS, color: LEVELS[theme], width: 1, highlight: false };
}

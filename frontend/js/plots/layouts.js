// @ts-check
/** Layouts of the figure library: the same margins, ranges and ticks as the canvas, so nothing moves when it takes over. */

import { FONT } from "../lib/canvas.js";
import { tick } from "../lib/format.js";
import { labelSize, mapTicks, plotBox } from "./frame.js";
import { heightsOf } from "./heights.js";
import { chrome } from "./palette.js";

export const CONFIG = { displayModeBar: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: false, scrollZoom: false, doubleClick: false };

/** Where the 3-D scene lies in its panel: it leaves room for the lens; the colours tell the loss. */
export const SCENE = { x: [0.03, 1], y: [0, 0.93] };

const CAMERA = { eye: { x: -1.3, y: -1.75, z: 1.15 }, center: { x: 0, y: 0, z: -0.14 }, up: { x: 0, y: 0, z: 1 } };

/** The library fits a scene to the height of its panel: a wide panel is looked at from nearer, a narrow one from farther away. */
function defaultCamera({ width, height }) {
  const distance = Math.max(0.88, Math.min(1.25, (1.02 * height) / width));
  const { x, y, z } = CAMERA.eye;
  return { ...CAMERA, eye: { x: x * distance, y: y * distance, z: z * distance } };
}

function common({ width, height, rem }, theme) {
  const colours = chrome(theme);
  return {
    width, height, autosize: false, showlegend: false, dragmode: false, hovermode: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: FONT, size: labelSize(rem), color: colours.muted },
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.line, font: { family: FONT, size: rem * 0.75, color: colours.ink } },
  };
}

/** @param {import("../api/results.js").Surface} surface @param {import("./frame.js").Size} size @param {import("./palette.js").Theme} theme */
export function mapLayout(surface, size, theme) {
  const box = plotBox(size, surface.window);
  const ticks = mapTicks(surface.window, box, size.rem);
  const axis = (range, values) => ({
    range, fixedrange: true, tickmode: "array", tickvals: values, ticktext: values.map(tick), showgrid: false, zeroline: false,
    ticks: "", showline: true, linecolor: chrome(theme).line, linewidth: 1, mirror: true, automargin: false,
  });
  return {
    ...common(size, theme),
    margin: { l: box.left, r: size.width - box.left - box.width, t: box.top, b: size.height - box.top - box.height, pad: 0 },
    xaxis: axis(surface.window[0], ticks.x),
    yaxis: axis(surface.window[1], ticks.y),
  };
}

/** @param {import("../api/results.js").Surface} surface @param {import("./frame.js").Size} size @param {import("./palette.js").Theme} theme @param {any} camera */
export function solidLayout(surface, size, theme, camera) {
  const colours = chrome(theme);
  const heights = heightsOf(surface);
  const axis = (title, range) => ({
    title: { text: title }, range, color: colours.muted, gridcolor: colours.line, zeroline: false, showspikes: false,
    backgroundcolor: "rgba(0,0,0,0)", nticks: 5, tickfont: { size: labelSize(size.rem) * 0.95 },
  });
  const [xLabel, yLabel] = surface.axisLabels;
  return {
    ...common(size, theme),
    margin: { l: 0, r: 0, t: 0, b: 0 },
    scene: {
      domain: SCENE,
      camera: { ...defaultCamera(size), ...camera },
      dragmode: "turntable",
      aspectmode: "manual",
      aspectratio: { x: 1.15, y: 1.15, z: 0.75 },
      xaxis: axis(xLabel, surface.window[0]),
      yaxis: axis(yLabel, surface.window[1]),
      zaxis: { ...axis("", [0, 1.02]), tickvals: heights.ticks.map(heights.share), ticktext: heights.ticks.map((loss) => tick(Number(loss.toPrecision(2)))) },
    },
  };
}

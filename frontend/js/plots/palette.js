// @ts-check
/** Colours, shapes and dashes. Variants differ in all three, so nobody needs to tell colours apart. */

/** @typedef {"light" | "dark"} Theme */
/** @typedef {{colour: string, shape: "circle" | "square" | "triangle" | "diamond", dash: number[]}} VariantStyle */

const SHAPES = /** @type {const} */ (["circle", "square", "triangle", "diamond"]);
const DASHES = [[], [9, 3], [2, 3], [9, 3, 2, 3]];

/** After Okabe and Ito (2008): vermillion, blue, green, purple; darkened or lightened until they stand out from the map. */
const VARIANTS = {
  light: ["#b8390e", "#0b5cad", "#00694b", "#8f3f86"],
  dark: ["#ff8a5c", "#74b8ff", "#4fd6a5", "#e79be0"],
};

/** What a drawing needs besides the variants. */
const CHROME = {
  light: {
    paper: "#ffffff", ink: "#15212c", muted: "#52616e", line: "#d3dae0", grid: "#e6eaee", halo: "rgba(255,255,255,0.85)",
    contour: "rgba(32,56,80,0.20)", lens: "rgba(255,255,255,0.90)", minimum: "#15212c",
  },
  dark: {
    paper: "#141b22", ink: "#e9eef2", muted: "#a3b1bd", line: "#33404c", grid: "#232d37", halo: "rgba(9,13,18,0.80)",
    contour: "rgba(214,228,240,0.14)", lens: "rgba(15,21,27,0.88)", minimum: "#e9eef2",
  },
};

/** Ends and middle of the height scale in OKLCH: low is deep water, high is pale sand (or, in the dark, dim clay). */
const HEIGHTS = {
  light: [[0.775, 0.062, 238], [0.885, 0.04, 205], [0.955, 0.022, 110], [0.93, 0.04, 75]],
  dark: [[0.2, 0.045, 250], [0.275, 0.045, 225], [0.345, 0.035, 180], [0.43, 0.03, 95]],
};

/** @param {number} index @param {Theme} theme @returns {VariantStyle} */
export function variantStyle(index, theme) {
  const place = index % SHAPES.length;
  return { colour: VARIANTS[theme][place], shape: SHAPES[place], dash: DASHES[place] };
}

/** @param {Theme} theme */
export function chrome(theme) {
  return CHROME[theme];
}

/** Colour of a height, 0 (lowest) .. 1, as [red, green, blue] 0..255. @param {number} share @param {Theme} theme */
export function heightColour(share, theme) {
  return rampColour(HEIGHTS[theme], share);
}

/** Colour of a place, 0 .. 1, between stops in OKLCH, as [red, green, blue] 0..255. @param {number[][]} stops @param {number} share */
export function rampColour(stops, share) {
  const place = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [toLab(stops[index]), toLab(stops[index + 1])];
  return toRgb(from.map((value, axis) => value + (to[axis] - value) * (place - index)));
}

/** @param {number} share @param {Theme} theme */
export function heightCss(share, theme) {
  return `rgb(${heightColour(share, theme).join(",")})`;
}

function toLab([lightness, chroma, hue]) {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** OKLab to sRGB, Ottosson (2020). */
function toRgb([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const v = Math.max(0, Math.min(1, value));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  });
}

/** The same colour, see-through. @param {string} hex @param {number} alpha */
export function faded(hex, alpha) {
  const value = parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16},${(value >> 8) & 255},${value & 255},${alpha})`;
}

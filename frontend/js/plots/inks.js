// @ts-check
/** How a cell of a stability map is painted: a colour and a pattern for every outcome, so that nobody needs to tell colours apart; 256 colours for numbers. */

import { brokenColours, heatColours, packed } from "./heatScale.js";
import { chrome, rampColour } from "./palette.js";

/**
 * Fill and pattern in OKLCH. The fills differ in lightness too: in grey, what diverges is darkest.
 * @type {Record<"light" | "dark", Record<string, {fill: number[], line: number[], pattern: keyof typeof PATTERNS}>>}
 */
const OUTCOMES = {
  light: {
    converged: { fill: [0.78, 0.115, 165], line: [0.78, 0.115, 165], pattern: "plain" },
    descending: { fill: [0.92, 0.04, 230], line: [0.7, 0.09, 240], pattern: "dots" },
    stalled: { fill: [0.955, 0.01, 90], line: [0.8, 0.02, 80], pattern: "level" },
    bounded: { fill: [0.89, 0.09, 88], line: [0.74, 0.115, 75], pattern: "rising" },
    thrown: { fill: [0.78, 0.115, 42], line: [0.64, 0.15, 38], pattern: "sloping" },
    diverged: { fill: [0.5, 0.16, 28], line: [0.64, 0.14, 36], pattern: "falling" },
  },
  dark: {
    converged: { fill: [0.62, 0.115, 165], line: [0.62, 0.115, 165], pattern: "plain" },
    descending: { fill: [0.34, 0.06, 245], line: [0.56, 0.08, 240], pattern: "dots" },
    stalled: { fill: [0.27, 0.012, 250], line: [0.4, 0.015, 250], pattern: "level" },
    bounded: { fill: [0.44, 0.075, 85], line: [0.62, 0.1, 88], pattern: "rising" },
    thrown: { fill: [0.46, 0.1, 42], line: [0.6, 0.13, 42], pattern: "sloping" },
    diverged: { fill: [0.55, 0.18, 28], line: [0.42, 0.14, 28], pattern: "falling" },
  },
};

/** Side of the square that a pattern repeats, in CSS pixels. */
const REPEAT = 8;

/** Where a pattern has ink: x, y in CSS pixels within the square, a line is about one pixel wide. */
const PATTERNS = {
  plain: () => false,
  dots: (x, y) => (x % 8 < 1.5 && y % 8 < 1.5) || ((x + 4) % 8 < 1.5 && (y + 4) % 8 < 1.5),
  level: (x, y) => y % 4 < 1,
  rising: (x, y) => (x + y) % 8 < 1.25,
  sloping: (x, y) => (x - y + 8) % 8 < 1.25,
  falling: (x, y) => (x - y + 8) % 4 < 1.25,
  checks: (x, y) => (Math.floor(x / 4) + Math.floor(y / 4)) % 2 === 0,
};

/** @typedef {{fill: number, line: number, mask: Uint8Array | null}} Ink two packed colours, and where the second one is */
/** @typedef {{inks: Ink[], side: number, blank: number, special: Record<string, number>}} Inks  places 0..255 are the colours of numbers, `special` says where the others are */

const flat = (colour) => packed(rampColour([colour, colour], 0));
const ofHex = (hex) => packed([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const tables = /** @type {Record<string, Inks>} */ ({});

/** @param {import("./palette.js").Theme} theme @param {number} ratio pixels per CSS pixel @returns {Inks} */
export function inksFor(theme, ratio) {
  const key = `${theme} ${ratio}`;
  tables[key] ??= makeInks(theme, ratio);
  return tables[key];
}

function makeInks(theme, ratio) {
  const side = Math.round(REPEAT * ratio);
  const maskOf = (pattern) => Uint8Array.from({ length: side * side }, (_, place) => Number(PATTERNS[pattern]((place % side) / ratio, Math.floor(place / side) / ratio)));
  const inks = Array.from(heatColours(theme), (fill) => ({ fill, line: fill, mask: /** @type {Uint8Array | null} */ (null) }));
  const special = /** @type {Record<string, number>} */ ({});
  const add = (name, fill, line, pattern) => {
    special[name] = inks.length;
    inks.push({ fill, line, mask: pattern === "plain" ? null : maskOf(pattern) });
  };
  for (const [name, { fill, line, pattern }] of Object.entries(OUTCOMES[theme])) add(name, flat(fill), flat(line), pattern);
  const { paper, line, grid } = chrome(theme);
  const [broken, dark] = brokenColours(theme).map(ofHex);
  add("broken", broken, dark, "checks");
  add("never", ofHex(paper), ofHex(line), "rising");
  return { inks, side, blank: ofHex(grid), special };
}

/**
 * A canvas with a sample of one ink, for legends. @param {HTMLCanvasElement} canvas already fitted @param {string} name @param {import("./palette.js").Theme} theme @param {number} ratio
 */
export function paintSample(canvas, name, theme, ratio) {
  const { inks, side, special } = inksFor(theme, ratio);
  const { fill, line, mask } = inks[special[name]];
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0; y < canvas.height; y += 1) {
    for (let x = 0; x < canvas.width; x += 1) pixels[y * canvas.width + x] = mask?.[(y % side) * side + (x % side)] ? line : fill;
  }
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
}

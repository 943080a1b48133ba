// @ts-check
/** What pictures to take away have around their plots: a sheet, cards, names with their marker, verdicts, text in lines. Lengths in pixels. */

import { FONT } from "../../lib/canvas.js";
import { traceShape } from "../marks.js";
import { chrome, variantStyle } from "../palette.js";
import { widthOf } from "./vector.js";

/** Width of a picture, its edge, the distance between cards; a root font size. */
export const [WIDTH, EDGE, GAP, REM] = [1280, 28, 16, 16];

/** What the page's style sheet has under the same names. */
export const SHADES = {
  light: {
    sheet: "#f4f6f7", sunken: "#e9edf0", line: "#d3dae0", accent: "#14506b", good: "#00694b", bad: "#a83208", warn: "#7a5200", note: "#14506b",
    "good-tint": "#e0f3eb", "bad-tint": "#fbe6de", "warn-tint": "#fbefd5", "note-tint": "#e2eff5",
  },
  dark: {
    sheet: "#0e1318", sunken: "#1c252e", line: "#2b3742", accent: "#8fd0ee", good: "#4fd6a5", bad: "#ff9a75", warn: "#f0c265", note: "#8fd0ee",
    "good-tint": "#10302a", "bad-tint": "#3a1d14", "warn-tint": "#33280f", "note-tint": "#122b38",
  },
};

const TONES = { converged: "good", solved: "good", diverged: "bad", bounded: "warn", stalled: "warn", descending: "note" };

/** @typedef {import("../palette.js").Theme} Theme */

const fontOf = (size, weight = 400, italic = false) => `${italic ? "italic " : ""}${weight === 400 ? "" : `${weight} `}${size}px ${FONT}`;

/** One line of text; cut off with an ellipsis where there is no room. Returns its width. @param {any} context */
export function write(context, text, x, y, { size = 13, weight = 400, colour, align = "left", room = Infinity, italic = false }) {
  context.font = fontOf(size, weight, italic);
  const shown = fitted(context.font, text, room);
  Object.assign(context, { fillStyle: colour, textAlign: align, textBaseline: "alphabetic" });
  context.fillText(shown, x, y);
  return widthOf(context.font, shown);
}

function fitted(font, text, room) {
  if (widthOf(font, text) <= room) return text;
  let shown = text;
  while (shown && widthOf(font, `${shown}…`) > room) shown = shown.slice(0, -1);
  return `${shown.trimEnd()}…`;
}

/** A text in lines that fit. @param {string} text @param {number} room @param {number} [size] @returns {string[]} */
export function wrapped(text, room, size = 13) {
  const font = fontOf(size);
  const lines = /** @type {string[]} */ ([]);
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && widthOf(font, longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

/** The sheet of everything. @param {any} context @param {number} height @param {Theme} theme */
export function paintSheet(context, height, theme) {
  context.fillStyle = SHADES[theme].sheet;
  context.fillRect(0, 0, WIDTH, height);
}

/** @param {any} context @param {Theme} theme */
export function paintCard(context, x, y, width, height, theme) {
  Object.assign(context, { fillStyle: chrome(theme).paper, strokeStyle: SHADES[theme].line, lineWidth: 1 });
  context.beginPath();
  context.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, 8);
  context.fill();
  context.stroke();
}

const noteLines = (note) => (note ? wrapped(note, WIDTH - 2 * EDGE, 14).slice(0, 2) : []);

/** Where what stands below the head begins. @param {{note?: string}} head */
export const headHeight = ({ note }) => EDGE + 44 + 20 * noteLines(note).length + 16;

/**
 * What is compared, under which settings, at which moment. @param {any} context
 * @param {{title: string, facts: string, note?: string, moment: string}} head @param {Theme} theme @param {number} taken what stands at the right of the settings
 */
export function paintHead(context, { title, facts, note, moment }, theme, taken = 96) {
  const { ink, muted } = chrome(theme);
  const right = moment ? write(context, moment, WIDTH - EDGE, EDGE + 20, { size: 17, weight: 600, colour: ink, align: "right" }) : 0;
  write(context, title, EDGE, EDGE + 20, { size: 22, weight: 600, colour: ink, room: WIDTH - 2 * EDGE - right - GAP });
  write(context, "Clipscape", WIDTH - EDGE, EDGE + 44, { size: 14, weight: 600, colour: SHADES[theme].accent, align: "right" });
  write(context, facts, EDGE, EDGE + 44, { size: 14, colour: muted, room: WIDTH - 2 * EDGE - taken });
  noteLines(note).forEach((line, row) => write(context, line, EDGE, EDGE + 64 + 20 * row, { size: 14, colour: muted }));
}

/** Marker and name of a variant, and its rule. @param {any} context @param {{name: string, rule: string, index: number}} variant @param {Theme} theme */
export function paintName(context, { name, rule, index }, x, y, room, theme) {
  const style = variantStyle(index, theme);
  traceShape(context, style.shape, x + 8, y, 6);
  context.fillStyle = style.colour;
  context.fill();
  const taken = write(context, name, x + 24, y + 5, { size: 15, weight: 600, colour: chrome(theme).ink, room: room - 24 });
  if (rule && room - taken - 36 > 40) write(context, rule, x + 34 + taken, y + 5, { size: 13, colour: chrome(theme).muted, room: room - taken - 36 });
}

/** How a variant ended: a badge, numbers beside it, the sentence below. @param {any} context @param {{headline: string, status: string, facts: string[][], lines: string[]}} verdict @param {Theme} theme */
export function paintVerdict(context, { headline, status, facts, lines }, x, y, room, theme) {
  const colours = chrome(theme);
  const tone = headline.startsWith("Thrown") ? "bad" : TONES[status];
  const width = Math.min(room, widthOf(fontOf(13, 600), headline) + 22);
  context.fillStyle = SHADES[theme][tone ? `${tone}-tint` : "sunken"];
  context.beginPath();
  context.roundRect(x, y, width, 24, 12);
  context.fill();
  write(context, headline, x + 11, y + 16.5, { weight: 600, colour: tone ? SHADES[theme][tone] : colours.ink, room: width - 20 });
  const words = facts.map(([label, value]) => ({ label, value, width: widthOf(fontOf(12), `${label} `) + widthOf(fontOf(12, 600), value) + 14 }));
  const needed = words.reduce((sum, word) => sum + word.width, -14);
  const beside = needed <= room - width - 12;
  let at = beside ? x + room - needed : x;
  for (const word of words) {
    const taken = write(context, word.label, at, y + (beside ? 16.5 : 42), { size: 12, colour: colours.muted });
    write(context, word.value, at + taken + 4, y + (beside ? 16.5 : 42), { size: 12, weight: 600, colour: colours.ink });
    at += word.width;
  }
  const below = y + (beside ? 44 : 65);
  lines.forEach((line, row) => write(context, line, x, below + 18 * row, { colour: colours.ink }));
}

/** What a verdict with so many lines needs at most. @param {number} lines */
export const verdictHeight = (lines) => 58 + 18 * lines;

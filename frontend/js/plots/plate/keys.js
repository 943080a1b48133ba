// @ts-check
/** What colours and patterns mean, in a picture to take away. Everything is set from the right. */

import { FONT } from "../../lib/canvas.js";
import { paintSample } from "../inks.js";
import { brokenColours, heatCss } from "../heatScale.js";
import { chrome } from "../palette.js";
import { widthOf } from "./vector.js";
import { write } from "./words.js";

const BAR = 180;

/**
 * A bar of colours with numbers below. Returns how much room it takes. @param {any} context @param {number} right @param {number} y middle of the bar
 * @param {string} title @param {{share: number, words: string}[]} ticks @param {import("../palette.js").Theme} theme
 */
export function paintScale(context, right, y, title, ticks, theme) {
  const { muted } = chrome(theme);
  const left = right - BAR;
  for (let part = 0; part < 90; part += 1) {
    context.fillStyle = heatCss((part + 0.5) / 90, theme);
    context.fillRect(left + (part * BAR) / 90, y - 11, BAR / 90 + (part < 89 ? 0.4 : 0), 9);
  }
  for (const { share, words } of ticks) {
    const align = share > 0.94 ? "right" : share < 0.06 ? "left" : "center";
    write(context, words, left + share * BAR, y + 11, { size: 11, colour: muted, align });
  }
  return BAR + 10 + write(context, title, left - 10, y + 2, { size: 12, colour: muted, align: "right" });
}

/** Powers of ten along a scale of decades. @param {import("../heatScale.js").Decades} decades @param {(value: number) => string} tick */
export function decadeTicks({ low, high, below, above }, tick) {
  const every = Math.ceil((high - low) / 4);
  const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter((power) => power === high || ((power - low) % every === 0 && high - power >= every * 0.75));
  const mark = (power) => (power === low && below ? "≤" : power === high && above ? "≥" : "") + tick(10 ** power);
  return powers.map((power) => ({ share: (power - low) / (high - low), words: mark(power) }));
}

/** Samples of inks with their names. Returns how much room they take. @param {any} context @param {{ink: string, words: string}[]} samples @param {import("../palette.js").Theme} theme */
export function paintInks(context, right, y, samples, theme) {
  const { muted } = chrome(theme);
  let at = right;
  for (const { ink, words } of [...samples].reverse()) {
    at -= write(context, words, at, y + 4, { size: 12, colour: muted, align: "right" }) + 30;
    paintInk(context, at, y - 7, ink, theme);
    at -= 14;
  }
  return right - at;
}

/** @param {any} context @param {string} ink @param {import("../palette.js").Theme} theme */
export function paintInk(context, x, y, ink, theme) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [72, 42];
  paintSample(canvas, ink, theme, 3);
  context.drawImage(canvas, x, y, 24, 14);
}

/** The checks of what is not finite. Returns how much room they take. @param {any} context @param {import("../palette.js").Theme} theme */
export function paintBroken(context, right, y, theme) {
  const taken = write(context, "not finite", right, y + 4, { size: 12, colour: chrome(theme).muted, align: "right" });
  const left = right - taken - 20;
  for (let cell = 0; cell < 9; cell += 1) {
    context.fillStyle = brokenColours(theme)[cell % 2];
    context.fillRect(left + (cell % 3) * 4, y - 6 + Math.floor(cell / 3) * 4, 4, 4);
  }
  return taken + 20;
}

/** Width of a line of text. @param {string} text @param {number} size */
export const roomOf = (text, size) => widthOf(`${size}px ${FONT}`, text);

// @ts-check
/** Level lines from end to end, for pictures that must stay sharp. */

import { strokeLevels } from "../contour.js";
import { heightsOf } from "../heights.js";

/**
 * @param {import("../../api/results.js").Surface} surface @param {import("../contour.js").Box} box @returns {number[][][]} places in the box
 */
export function levelLines(surface, { left, top, width, height }) {
  const parts = /** @type {number[][][]} */ ([]);
  const pen = { beginPath() {}, stroke() {}, moveTo: (x, y) => parts.push([[x, y]]), lineTo: (x, y) => parts[parts.length - 1].push([x, y]) };
  strokeLevels(pen, heightsOf(surface).grid, surface, width, height);
  return joined(parts).map((line) => line.map(([x, y]) => [left + x, top + y]));
}

/** Segments that share an end, as one line. @param {number[][][]} parts two ends each */
function joined(parts) {
  const key = ([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`;
  const ends = /** @type {Map<string, number[]>} */ (new Map());
  parts.forEach((part, index) => part.forEach((end) => ends.set(key(end), [...(ends.get(key(end)) ?? []), index])));
  const used = new Uint8Array(parts.length);
  const follow = (line) => {
    for (;;) {
      const end = line[line.length - 1];
      const next = ends.get(key(end))?.find((index) => !used[index]);
      if (next === undefined) return line;
      used[next] = 1;
      const [one, other] = parts[next];
      line.push(key(one) === key(end) ? other : one);
    }
  };
  return parts.flatMap((part, index) => {
    if (used[index]) return [];
    used[index] = 1;
    return [follow(follow([...part]).reverse())];
  });
}

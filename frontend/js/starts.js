// @ts-check
/** Dragging the start: runs from places around the pointer, computed in batches ahead of it, each drawn only for its own place or one close by. */

import { Refusal } from "./api/errors.js";
import { decodeFan } from "./api/fan.js";
import { affordable } from "./api/questions.js";
import { debounce } from "./lib/dom.js";
import { createLattice } from "./lib/lattice.js";
import { canonicalJson } from "./state/canonical.js";

/** Milliseconds without a move after which the start stands still. */
const REST = 120;
/** Places in one batch. */
const MOST = 64;
/** Milliseconds: how long a batch takes, until that has been measured. */
const USUAL = 80;
/** Bytes of batches that are remembered. */
const ROOM = 32e6;

/**
 * @param {{questions: ReturnType<import("./api/questions.js").createQuestions>, experimentOf: (document: any) => any,
 *   windowOf: () => number[][] | undefined, onPicture: () => void, onRest: () => void, now?: () => number}} options
 */
export function createStarts({ questions, experimentOf, windowOf, onPicture, onRest, now = () => performance.now() }) {
  /** @type {{key: string, experiment: any, lattice: ReturnType<typeof createLattice>, cells: Map<string, {fan: any, notch: number}>, fans: any[], most: number} | null} */
  let known = null;
  /** Where the pointer is, and where it will be when a batch asked for now arrives. */
  let held = /** @type {{place: number[], since: number, speed: number[]} | null} */ (null);
  let busy = false;
  let takes = USUAL;
  const rest = debounce(onRest, REST);

  /** What is remembered is of this experiment, wherever it starts. */
  const remember = (document, window) => {
    const experiment = { ...experimentOf(document), start: window.map(([low]) => low) };
    const key = canonicalJson(experiment);
    if (known?.key === key) return known;
    const most = affordable(experiment, Array.from({ length: MOST }, (_, index) => index))?.length ?? 0;
    known = { key, experiment, lattice: createLattice(window), cells: new Map(), fans: [], most };
    return known;
  };

  const follow = (place) => {
    const time = now();
    const seconds = held ? Math.max(1, time - held.since) : Infinity;
    const speed = place.map((value, axis) => (held ? 0.5 * held.speed[axis] + (0.5 * (value - held.place[axis])) / seconds : 0));
    held = { place, since: time, speed };
  };

  const fetchAhead = async () => {
    if (busy || !held || !known || known.most === 0) return;
    const mine = known;
    const { place, speed } = held;
    const ahead = place.map((value, axis) => value + 1.5 * takes * speed[axis]);
    const cells = mine.lattice.wanted(place, ahead, (key) => mine.cells.has(key), mine.most);
    if (cells.length === 0) return;
    busy = true;
    const began = now();
    try {
      const fan = await questions.batch(mine.experiment, "start", cells.map((cell) => cell.place), decodeFan);
      takes = 0.7 * takes + 0.3 * (now() - began);
      keep(mine, fan, cells);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      mine.most = 0;
    } finally {
      busy = false;
    }
    if (!held || known !== mine) return;
    onPicture();
    fetchAhead();
  };

  /** Keep a batch, and forget the oldest ones where there are too many. */
  const keep = (memory, fan, cells) => {
    cells.forEach(({ key }, notch) => memory.cells.set(key, { fan, notch }));
    memory.fans.push(fan);
    while (memory.fans.length > 1 && memory.fans.reduce((sum, { bytes }) => sum + bytes, 0) > ROOM) {
      const oldest = memory.fans.shift();
      for (const [key, cell] of memory.cells) if (cell.fan === oldest) memory.cells.delete(key);
    }
  };

  const shown = (memory, document) => {
    const key = memory.lattice.nearest(document.experiment.start, (candidate) => memory.cells.has(candidate));
    if (key === null) return undefined;
    const { fan, notch } = memory.cells.get(key);
    return { result: fan.at(notch, experimentOf(document)), refused: [] };
  };

  return {
    /** What a document whose start is held looks like: see `createDragging`. */
    picture(document) {
      const { start } = document.experiment;
      const window = windowOf();
      if (!start || !window) return null;
      const memory = remember(document, window);
      const first = !held;
      follow(start);
      rest();
      if (first || memory.most === 0) return null;
      fetchAhead();
      return shown(memory, document);
    },
    letGo() {
      held = null;
      rest.cancel();
    },
  };
}

// @ts-check
/** A fixed lattice of places over a window: which of them to compute next, and which is the nearest that is known. */

/** Places along the longer side of the window. */
const PARTS = 80;
/** In lattice distances: no batch while all places so close to the way ahead are known; how far a batch goes; how far a place may stand for another. */
const [ENOUGH, WIDE, REACH] = [3, 6, 5];

/** @typedef {{key: string, place: number[]}} Cell */

/** @param {number[][]} window @param {number} [parts] */
export function createLattice(window, parts = PARTS) {
  const distance = Math.max(...window.map(([low, high]) => high - low)) / parts;
  const counts = window.map(([low, high]) => Math.round((high - low) / distance));
  const inner = (place) => place.map((value, axis) => (value - window[axis][0]) / distance);
  const inside = (i, j) => i >= 0 && j >= 0 && i <= counts[0] && j <= counts[1];
  /** @returns {Cell} */
  const cellAt = (i, j) => ({ key: `${i},${j}`, place: [i, j].map((index, axis) => Number((window[axis][0] + index * distance).toPrecision(10))) });

  return {
    distance,
    /**
     * The `most` unknown places nearest to the way from one place to another; none where all that matter are known.
     * @param {number[]} from @param {number[]} to @param {(key: string) => boolean} isKnown @param {number} most @returns {Cell[]}
     */
    wanted(from, to, isKnown, most) {
      const [a, b] = [inner(from), inner(to)];
      const found = [];
      for (let i = Math.floor(Math.min(a[0], b[0]) - WIDE); i <= Math.max(a[0], b[0]) + WIDE; i += 1) {
        for (let j = Math.floor(Math.min(a[1], b[1]) - WIDE); j <= Math.max(a[1], b[1]) + WIDE; j += 1) {
          const away = inside(i, j) ? toSegment(i, j, a, b) : Infinity;
          if (away <= WIDE && !isKnown(`${i},${j}`)) found.push({ i, j, away });
        }
      }
      if (!found.some(({ away }) => away <= ENOUGH)) return [];
      return found.sort((one, other) => one.away - other.away).slice(0, most).map(({ i, j }) => cellAt(i, j));
    },
    /** The key of the nearest known place, or null where none is near. @param {number[]} place @param {(key: string) => boolean} isKnown */
    nearest(place, isKnown) {
      const [x, y] = inner(place);
      let [best, least] = [/** @type {string | null} */ (null), REACH * REACH];
      for (let i = Math.ceil(x - REACH); i <= x + REACH; i += 1) {
        for (let j = Math.ceil(y - REACH); j <= y + REACH; j += 1) {
          const square = (i - x) ** 2 + (j - y) ** 2;
          if (square < least && isKnown(`${i},${j}`)) [best, least] = [`${i},${j}`, square];
        }
      }
      return best;
    },
  };
}

function toSegment(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

// @ts-check
/** A stability map as a table: one row per number going up, one column per number across. */

import { number } from "./lib/format.js";
import { titleOf, wordsOf } from "./plots/measures.js";

/** At most so many rows and columns: more cannot be read; which cells these are stands in the heads. */
const MOST = 33;

/** @param {import("./api/sweeps.js").Sweep} sweep @param {number} variant @param {import("./state/map.js").Measure} measure */
export function mapTable(sweep, variant, measure) {
  const [columns, rows] = [thinned(sweep.columns), thinned(sweep.rows).reverse()];
  const { name, cells } = sweep.variants[variant];
  const words = (cell) => (sweep.source[cell] === cell ? wordsOf(sweep, cells, measure, cell) : "–");
  const few = columns.length < sweep.columns || rows.length < sweep.rows;
  return {
    title: `${name}: ${titleOf(measure, sweep).toLowerCase()}`,
    note: `Down: ${sweep.y.label.toLowerCase()}. Across: ${sweep.x.label.toLowerCase()}.${few ? ` Every ${Math.round(sweep.columns / columns.length)}th of ${sweep.columns} × ${sweep.rows} cells.` : ""}`,
    columns: [`${sweep.y.label} ↓ ${sweep.x.label} →`, ...columns.map((x) => number(sweep.x.values[x]))],
    length: rows.length,
    row: (index) => [number(sweep.y.values[rows[index]]), ...columns.map((x) => words(rows[index] * sweep.columns + x))],
  };
}

/** Some of the places 0 .. count - 1, evenly. */
function thinned(count) {
  const every = Math.ceil(count / MOST);
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
}

// @ts-check
/** The numbers behind a picture as a table. */

import { createDialog } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";

const MOST_ROWS = 400;

export function createTable() {
  const dialog = createDialog({ title: "Numbers", class: "wide" });
  return {
    /** @param {{title: string, columns: string[], length: number, row: (index: number) => string[], note?: string}} table rows are made when shown */
    open({ title, columns, length, row, note = "" }) {
      const every = Math.ceil(length / MOST_ROWS);
      const indices = Array.from({ length: Math.ceil(length / every) }, (_, index) => index * every);
      if (indices.at(-1) !== length - 1) indices.push(length - 1);
      dialog.title(title);
      fill(dialog.body,
        note && h("p", { class: "group-help" }, note),
        every > 1 && h("p", { class: "group-help" }, `Every ${every}th step of ${length - 1}.`),
        h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": title },
          h("table", {},
            h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
            h("tbody", {}, indices.map((index) => {
              const [head, ...cells] = row(index);
              return h("tr", {}, h("th", { scope: "row" }, head), cells.map((cell) => h("td", {}, cell)));
            })))));
      dialog.open();
    },
  };
}

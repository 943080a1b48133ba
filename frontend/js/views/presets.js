// @ts-check
/** The gallery: one idea per preset, with a picture of what happens. */

import { rootSize } from "../lib/canvas.js";
import { createDialog } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { paintThumbnail } from "../plots/thumbnail.js";

/** @param {{onChoose: (preset: any) => void}} listeners */
export function createPresets({ onChoose }) {
  const dialog = createDialog({ title: "Presets: one idea each", class: "wide" });
  const grid = h("ul", { class: "gallery" });
  dialog.body.append(grid);
  let shown = /** @type {any[]} */ ([]);

  const card = (preset, theme) => {
    const canvas = h("canvas", { class: "thumbnail", "aria-hidden": "true" });
    const rem = rootSize();
    paintThumbnail(canvas, preset.thumbnail, rem * 20, rem * 11.5, theme);
    const choose = () => {
      dialog.close();
      onChoose(preset);
    };
    return h("li", {}, h("button", { type: "button", class: "preset", onclick: choose, "data-preset": preset.name }, canvas, h("b", {}, preset.title), h("span", {}, preset.idea)));
  };

  return {
    open() {
      dialog.open();
    },
    update({ session }) {
      if (shown[0] === session.presets && shown[1] === session.theme) return;
      shown = [session.presets, session.theme];
      if (session.presets === null) fill(grid, h("li", { class: "gallery-wait" }, "Loading the presets …"));
      else fill(grid, session.presets.map((preset) => card(preset, session.theme)));
    },
  };
}

// @ts-check
/** The gallery: one idea per preset, with a picture of what happens. */

import { rootSize } from "../lib/canvas.js";
import { createDialog } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { paintThumbnail } from "../plots/thumbnail.js";

const GROUPS = [["compare", "On a landscape"], ["recurrent", "Training a recurrent network"]];

/** @param {{onChoose: (preset: any) => void}} listeners */
export function createPresets({ onChoose }) {
  const dialog = createDialog({ title: "Presets: one idea each", class: "wide" });
  const body = h("div", {});
  dialog.body.append(body);
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

  const group = (title, presets, theme) => [h("h3", { class: "gallery-title" }, title), h("ul", { class: "gallery" }, presets.map((preset) => card(preset, theme)))];

  return {
    open() {
      dialog.open();
    },
    /** What belongs to the tab on screen comes first. */
    update({ document, session }) {
      const parts = [session.presets, session.theme, document.view.tab];
      if (parts.every((part, index) => part === shown[index])) return;
      shown = parts;
      if (session.presets === null) return fill(body, h("p", { class: "gallery-wait" }, "Loading the presets …"));
      const groups = GROUPS.map(([tab, title]) => [tab, title, session.presets.filter((preset) => preset.scenario.view.tab === tab)]);
      const ordered = groups.filter(([, , presets]) => presets.length).sort(([tab]) => (tab === document.view.tab ? -1 : 1));
      fill(body, ordered.map(([, title, presets]) => group(title, presets, session.theme)));
    },
  };
}

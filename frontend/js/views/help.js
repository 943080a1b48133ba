// @ts-check
/** What the page shows, and its keys. */

import { createDialog } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";

const KEYS = [
  ["Space", "play or pause"],
  ["← →", "one step back or forward"],
  ["Shift + ← →", "ten steps"],
  ["Home, End", "first and last step"],
  ["S", "slow motion"],
  ["V", "map or 3-D"],
  ["Ctrl + Z", "undo a setting"],
  ["Ctrl + Shift + Z", "redo"],
  ["?", "this help"],
];

const IDEAS = [
  ["One start, one clock.", "Every panel shows the same descent on the same landscape. Only the clipping rule differs."],
  ["The lens", "in the corner of each map shows the update in gradient space, pointing downhill: the raw gradient dashed, what the clip leaves solid, the threshold as a circle (norm) or a square (value). Two strokes across an arrow mean that it is longer than drawn."],
  ["On the map", "the dashed arrow is the step that the raw gradient asks for, the solid one the step that the clip leaves. An arrow at the edge points to a variant that has left the map."],
  ["Drag", "a slider or the start, and the picture follows at once. Click a curve to go to that step."],
  ["The address", "always holds the whole picture: copy it, and somebody else sees the same."],
];

export function createHelp() {
  const dialog = createDialog({ title: "How to read this page" });
  fill(dialog.body,
    h("dl", { class: "ideas" }, IDEAS.map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words)))),
    h("h3", {}, "Keyboard"),
    h("dl", { class: "keys" }, KEYS.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)))),
    h("p", {}, "Arrow keys move a slider while it has the focus. ", h("a", { href: "docs" }, "API reference")));
  return { open: dialog.open };
}

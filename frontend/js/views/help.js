// @ts-check
/** What the page shows, and its keys. */

import { createDialog } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";

const KEYS = [
  ["Space", "play or pause"],
  ["← →", "one step back or forward"],
  ["Shift + ← →", "ten steps"],
  ["Home, End", "first and last step"],
  ["S", "slow motion (Compare)"],
  ["V", "map or 3-D (Compare)"],
  ["← ↑ → ↓", "from cell to cell on a map (Map); with Shift eight cells"],
  ["Enter", "open the run of the cell (Map)"],
  ["Ctrl + Z", "undo a setting"],
  ["Ctrl + Shift + Z", "redo"],
  ["?", "this help"],
];

const IDEAS = [
  ["One start, one clock.", "Every panel shows the same descent on the same landscape. Only the clipping rule differs."],
  ["The lens", "in the corner of each map shows the update in gradient space, pointing downhill: the raw gradient dashed, what the clip leaves solid, the threshold as a circle (norm) or a square (value). Two strokes across an arrow mean that it is longer than drawn."],
  ["On the map", "the dashed arrow is the step that the raw gradient asks for, the solid one the step that the clip leaves. An arrow at the edge points to a variant that has left the map."],
  ["Drag", "a slider or the start, and the picture follows at once. Click a curve to go to that step."],
];

const EVERYWHERE = [
  ["The address", "always holds the whole picture: copy it, and somebody else sees the same."],
];

const TRAINING = [
  ["The heat map", "shows how large the gradient of the loss is at every time step (upwards), update after update (to the right). A column that gets stronger from top to bottom is an explosion that travels back in time; where the colour fades into the background on its way down, the gradient vanishes."],
  ["The recurrent matrix", "can let gradients explode only where its largest singular value σmax is above 1/γ, and below it they must vanish; γ is the steepest slope of the nonlinearity, 1 for tanh and ReLU. ρ is the largest absolute eigenvalue. The line says no more than that, and nothing about gates."],
  ["Batch and held-out.", "Thin lines are the minibatch that is trained on, thick ones sequences that are not; the dotted line is the best guess that ignores the inputs."],
  ["While it is computed", "you can scrub back; Follow returns to the newest update. A new setting stops the old run."],
];

const MAPS = [
  ["A cell", "is a run with the two numbers at which it stands, all else as set. Its colour and pattern say how it ended, or how large the chosen measure is."],
  ["The cross", "is the present setting. Moving a number that the map goes over moves the cross; any other number makes another map."],
  ["Dashed lines", "are what theory says beforehand; their letters are explained above the maps."],
  ["Point and click:", "below each map stand the numbers of the cell in hand and the curve of its loss. A click opens the run; the browser's back button returns to the map."],
];

const TABS = [["compare", "In the Compare tab", IDEAS], ["recurrent", "In the Recurrent tab", TRAINING], ["map", "In the Map tab", MAPS]];

export function createHelp() {
  const dialog = createDialog({ title: "How to read this page" });
  const list = (ideas) => h("dl", { class: "ideas" }, ideas.map(([name, words]) => h("div", {}, h("dt", {}, name), h("dd", {}, words))));
  const sections = TABS.map(([tab, title, ideas]) => ({ tab, parts: [h("h3", {}, title), list(ideas)] }));
  const keys = [
    h("h3", {}, "Keyboard"),
    h("dl", { class: "keys" }, KEYS.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)))),
    h("p", {}, "Arrow keys move a slider while it has the focus. ", h("a", { href: "docs" }, "API reference")),
  ];
  return {
    /** What the tab on screen shows comes first. @param {string} tab */
    open(tab) {
      const ordered = [...sections].sort((a, b) => Number(b.tab === tab) - Number(a.tab === tab));
      fill(dialog.body, ordered.flatMap(({ parts }) => parts), list(EVERYWHERE), keys);
      dialog.open();
    },
  };
}

// @ts-check
/** What a link can hide from those who open it: `hide=curves,optimizer`. Each name stands as `data-control` on what it hides. */

/** @typedef {import("./scenario.js").Tab} Tab */

const ALL = /** @type {Tab[]} */ (["compare", "recurrent", "map"]);
const RUNS = /** @type {Tab[]} */ (["compare", "recurrent"]);
const [COMPARE, LAB, MAP] = /** @type {Tab[][]} */ ([["compare"], ["recurrent"], ["map"]]);

/** Groups as a lecturer looks for them: name, words, and the tabs that have it. @type {[string, [string, string, Tab[]][]][]} */
export const HIDEABLE = [
  ["Results", [
    ["outcomes", "how the runs ended", ALL],
    ["curves", "all curves", RUNS],
    ["curve_loss", "the curve of the loss", RUNS],
    ["curve_accuracy", "the curve of the accuracy", LAB],
    ["curve_norm", "the curve of the gradient norm", RUNS],
    ["curve_angle", "the curve of the angle", COMPARE],
    ["curve_ratio", "the curve of the update ratio", LAB],
    ["heat", "the heat maps", LAB],
    ["gauge", "the recurrent matrix", LAB],
    ["outputs", "the predictions", LAB],
    ["plane_picture", "the plane through the weights", LAB],
    ["numbers", "the tables of numbers", ALL],
  ]],
  ["The page", [
    ["tabs", "the tabs", ALL],
    ["presets", "the presets", ALL],
    ["share", "sharing", ALL],
    ["export", "export and import", ALL],
    ["surface", "map or 3-D", COMPARE],
    ["measure", "the choice of what the maps show", MAP],
    ["heat_state", "hidden state or cell", LAB],
    ["plane", "the choice of the plane", LAB],
    ["player", "the player", RUNS],
    ["speed", "speed and slow motion", RUNS],
  ]],
  ["Settings", [
    ["controls", "all settings", ALL],
    ["landscape", "the landscape", ALL],
    ["start", "the start", ALL],
    ["network", "the network", ALL],
    ["task", "the task", ALL],
    ["advanced", "more of the network", ALL],
    ["init", "the first weights", ALL],
    ["learning_rate", "the learning rate", ALL],
    ["threshold", "the threshold", ALL],
    ["variants", "the list of variants", ALL],
    ["variant_rules", "the variants' settings", ALL],
    ["variant_list", "adding and moving variants", ALL],
    ["optimizer", "the optimizer", ALL],
    ["schedule", "the schedule", ALL],
    ["noise", "the noise", ALL],
    ["weight_decay", "the weight decay", ALL],
    ["steps", "the number of steps", ALL],
    ["seed", "the seed", ALL],
    ["map_axes", "the axes of the map", MAP],
    ["resolution", "the resolution of the map", MAP],
    ["seeds", "the seeds of the map", MAP],
  ]],
];

/** What only one kind of problem has. */
const KINDS = { landscape: ["landscape", "start"], network: ["network", "task", "advanced", "init"] };

/** The groups of what there is to hide. @param {Tab} tab @param {boolean} network */
export function hideable(tab, network) {
  const absent = network ? KINDS.landscape : KINDS.network;
  return HIDEABLE.map(([group, parts]) => ({ group, parts: parts.filter(([name, , tabs]) => tabs.includes(tab) && !absent.includes(name)).map(([name, words]) => ({ name, words })) }));
}

const WORDS = new Map(HIDEABLE.flatMap(([, parts]) => parts.map(([name, words]) => /** @type {[string, string]} */ ([name, words]))));
const MOST_NAMED = 3;

/** What is hidden, in words; "" where no name is known. @param {string[]} names */
export function hiddenWords(names) {
  const known = names.flatMap((name) => WORDS.get(name) ?? []);
  if (known.length > MOST_NAMED) return `${known.length} parts of this page`;
  return known.length > 1 ? `${known.slice(0, -1).join(", ")} and ${known[known.length - 1]}` : known.join();
}

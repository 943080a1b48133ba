// @ts-check
/** What is on screen as a picture to take away: SVG, or PNG at a chosen size. Fetched when it is first wanted. */

import { HOME } from "./lib/home.js";
import { comparePlate } from "./plots/plate/compare.js";
import { number } from "./lib/format.js";
import { titleOf } from "./plots/measures.js";
import { rulesOf } from "./rules.js";
import { encodeLink } from "./state/link.js";
import { MAX_SHOWN, entryOf } from "./state/scenario.js";

/** Pixels of a colour field per pixel of the picture, where the picture is SVG. */
const FIELD = 3;

/**
 * @typedef {{document: any, session: any, clock: any, part: any}} Shown `document` with every default; `part`: what only the tab knows
 * @param {Shown} shown @param {{form: "svg" | "png", theme: import("./plots/palette.js").Theme, scale: number}} how
 * @returns {Promise<{name: string, file: Blob}>} throws an Error with a sentence where there is no picture
 */
export async function takePicture(shown, { form, theme, scale }) {
  const plate = await plateOf(shown, theme, form === "svg" ? FIELD : Math.max(2, scale));
  const name = `clipscape-${shown.document.experiment.problem.kind}-${plate.moment}-${theme}`;
  if (form === "svg") return { name: `${name}.svg`, file: new Blob([plate.svg], { type: "image/svg+xml" }) };
  return { name: `${name}-${plate.width * scale}px.png`, file: await rasterised(plate, scale) };
}

const EMPTY = "There is no picture yet: wait until something is on screen, then try again.";
const PLATES = { compare: plateOfComparison, recurrent: plateOfTraining, map: plateOfMap };

async function plateOf(shown, theme, ratio) {
  const { document, part } = shown;
  if (!part || part.length === 0) throw new Error(EMPTY);
  const link = new URL(HOME + (await encodeLink(document)), location.href).href;
  return PLATES[document.view.tab](shown, theme, ratio, link);
}

function plateOfComparison({ document, session, clock, part }, theme, ratio, link) {
  const { result, rules, hide } = session;
  const scenes = part.map((scene) => ({ ...scene, theme }));
  const words = scenes.map(({ run }, index) => ruleWords(rules[index], run.name));
  const head = { ...headOf(document, session), moment: `step ${clock.step} of ${result.experiment.n_steps}` };
  const about = aboutOf(head, hide, scenes.map(({ run }) => `${run.name}: ${run.outcome.sentence}`), link);
  return { ...comparePlate({ scenes, rules, words, result, clock, hide }, { ...head, about }, theme, ratio), moment: `step-${clock.step}` };
}

async function plateOfTraining({ document, session, clock, part }, theme, ratio, link) {
  const { labPlate } = await import("./plots/plate/lab.js");
  const { run } = part;
  const rules = rulesOf(session.catalog, run);
  const count = Math.min(MAX_SHOWN, run.variants.length);
  const words = run.variants.map(({ name }, index) => ruleWords(rules[index], name));
  const head = { ...headOf({ ...document, experiment: run.experiment }, session), moment: `update ${clock.step} of ${run.nSteps}` };
  const about = aboutOf(head, session.hide, run.variants.map(({ name, outcome }) => (outcome ? `${name}: ${outcome.sentence}` : "")), link);
  const shown = { ...part, count, words, thresholds: rules.map(({ threshold }) => threshold), hide: session.hide, step: clock.step };
  return { ...labPlate(shown, { ...head, about }, theme, ratio), moment: `update-${clock.step}` };
}

async function plateOfMap({ document, session, part }, theme, ratio, link) {
  const { mapPlate } = await import("./plots/plate/map.js");
  const { sweep, measure } = part;
  if (!sweep.known) throw new Error(EMPTY);
  const count = Math.min(MAX_SHOWN, sweep.variants.length);
  const own = headOf({ ...document, experiment: sweep.experiment }, session, true);
  const settings = `${sweep.columns} × ${sweep.rows} settings${sweep.seeds > 1 ? `, ${sweep.seeds} seeds each` : ""}`;
  const head = { ...own, facts: `${settings}: ${own.facts}`, moment: titleOf(measure, sweep) };
  const shown = { ...part, count, words: [], hide: session.hide };
  return { ...mapPlate(shown, { ...head, about: aboutOf(head, session.hide, [], link) }, theme, ratio), moment: `map-${measure}` };
}

/** The description that stands in the file: settings, endings, and the link that makes the picture again. */
function aboutOf({ facts, moment }, hide, endings, link) {
  return [`${facts}.`, `${moment}.`, ...(hide.includes("outcomes") ? [] : endings), link].join(" ");
}

/** Title, settings and the maker's note; on a map the learning rate is no setting. */
function headOf({ experiment, meta }, { catalog }, onMap = false) {
  const name = (family, choice) => entryOf(catalog, family, choice.kind)?.label ?? choice.kind;
  const ground = experiment.task ? `${name("problem", experiment.problem)} · ${name("task", experiment.task)}` : name("problem", experiment.problem);
  const { learning_rate: rate } = experiment.optimizer.params;
  const parts = [name("optimizer", experiment.optimizer), rate === undefined || onMap ? "" : `learning rate ${number(rate)}`, `${experiment.n_steps} ${experiment.task ? "updates" : "steps"}`];
  for (const family of ["schedule", "noise", "weight_decay"]) {
    if (!["none", "constant"].includes(experiment[family].kind)) parts.push(name(family, experiment[family]).toLowerCase());
  }
  const facts = parts.filter(Boolean).join(", ");
  return { title: meta?.title ?? ground, facts: meta?.title ? `${ground}: ${facts}` : facts, note: meta?.note ?? "" };
}

/** The rule and its threshold, where the name does not say it. */
function ruleWords({ entry, threshold }, name) {
  const rule = entry && !name.startsWith(entry.label) ? entry.label : "";
  return [rule, threshold === null ? "" : `threshold ${number(threshold)}`].filter(Boolean).join(" · ");
}

/** @param {{svg: string, width: number, height: number}} plate @param {number} scale @returns {Promise<Blob>} */
async function rasterised({ svg, width, height }, scale) {
  const size = `width="${width * scale}" height="${height * scale}"`;
  const address = URL.createObjectURL(new Blob([svg.replace(`width="${width}" height="${height}"`, size)], { type: "image/svg+xml" }));
  try {
    const image = new Image(width * scale, height * scale);
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * scale, height * scale];
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((file) => (file ? resolve(file) : reject(new Error("This browser cannot make a picture of that size: choose a smaller one, or SVG."))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

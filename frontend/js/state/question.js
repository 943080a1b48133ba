// @ts-check
/** The question of a link: what may be asked, in which words, and what a run says to it. Right answers are computed, never typed. */

import { number } from "../lib/format.js";
import { MAX_SHOWN } from "./scenario.js";

/**
 * @typedef {{about: "outcome" | "lowest_loss" | "first" | "own", variant?: number, text?: string, choices?: string[], right?: number}} Question
 * @typedef {{name: string, outcome: {status: string, headline: string, step: number | null}, summary: any}} Ended how a variant ended
 */

export const MAX_QUESTION = 200;
export const MAX_ANSWER = 80;
export const MOST_ANSWERS = 5;

/** How a run can end: for those who choose, and for telling it afterwards. */
const ENDS = {
  landscape: {
    converged: ["It settles at a minimum", "settled at a minimum"],
    bounded: ["It keeps moving and never settles", "kept moving without settling"],
    stalled: ["It gets stuck on the way", "got stuck on the way"],
    descending: ["It is still on its way down at the last step", "was still on its way down at the last step"],
    thrown: ["It is thrown out, or its numbers overflow", "was thrown out"],
  },
  network: {
    converged: ["It learns the task", "learned the task"],
    descending: ["It is still learning at the last update", "was still learning at the last update"],
    bounded: ["It gives up halfway, or gets worse", "did not get there, and made no more progress"],
    stalled: ["It never gets beyond guessing", "never got beyond guessing"],
    thrown: ["It blows up: its numbers overflow", "blew up"],
  },
};
const NOBODY = "None of them";

const shown = ({ variants }) => variants.slice(0, MAX_SHOWN);
const endsOf = ({ task }) => ENDS[task ? "network" : "landscape"];

/** The end as the panels tell it: a throw is told first. @param {Ended["outcome"]} outcome */
const endOf = ({ status, headline }) => (status === "diverged" || headline.startsWith("Thrown") ? "thrown" : status);

/** Whether it can be asked of this experiment. @param {Question} question @param {any} experiment */
export function fits({ about, variant }, experiment) {
  const { length } = shown(experiment);
  return about === "outcome" ? variant !== undefined && variant < length : about === "own" || length >= 2;
}

/** Questions that any experiment offers. @returns {Question[]} */
export function readyMade(experiment) {
  const each = shown(experiment).map((_, variant) => /** @type {Question} */ ({ about: "outcome", variant }));
  return [...each, ...(each.length > 1 ? [/** @type {Question} */ ({ about: "lowest_loss" }), /** @type {Question} */ ({ about: "first" })] : [])];
}

/** @param {Question} question @param {any} experiment */
export function wordsOf({ about, variant, text }, experiment) {
  if (text) return text;
  if (about === "lowest_loss") return "Which variant ends lowest?";
  if (about === "first") return experiment.task ? "Which variant learns the task first?" : "Which variant settles first?";
  const { name, clip } = experiment.variants[variant ?? 0];
  return clip.kind === "none" ? "What will happen without clipping?" : `What will happen with “${name}”?`;
}

/** @param {Question} question @param {any} experiment @returns {string[]} */
export function choicesOf({ about, choices }, experiment) {
  if (about === "own") return choices ?? [];
  if (about === "outcome") return Object.values(endsOf(experiment)).map(([words]) => words);
  const names = shown(experiment).map(({ name }) => name);
  return about === "first" ? [...names, NOBODY] : names;
}

/**
 * Which choices were right, and what happened, as the rest of a sentence. No choice is right where whoever asks did not say so.
 * @param {Question} question @param {any} experiment @param {Ended[]} runs @returns {{right: number[], happened: string}}
 */
export function answerOf({ about, variant = 0, choices = [], right }, experiment, runs) {
  if (about === "own") return right === undefined ? { right: [], happened: "" } : { right: [right], happened: `the answer is “${choices[right]}”` };
  if (about === "outcome") {
    const { name, outcome } = runs[variant];
    const kinds = endsOf(experiment);
    return { right: [Object.keys(kinds).indexOf(endOf(outcome))], happened: `“${name}” ${tale(kinds, outcome)}` };
  }
  const asked = runs.slice(0, MAX_SHOWN);
  return about === "first" ? firstOf(asked, experiment) : lowestOf(asked);
}

/** How it ended, with the step where there is one. */
function tale(kinds, outcome) {
  const told = outcome.status === "diverged" ? "blew up" : kinds[endOf(outcome)][1];
  const [when] = /(at|by) (step|update) \d+/.exec(outcome.headline) ?? [];
  return when ? `${told} ${when}` : told;
}

function lowestOf(runs) {
  const losses = runs.map(({ summary }) => finite(summary.held_out_loss ?? summary.final_loss));
  const lowest = Math.min(...losses);
  if (lowest === Infinity) return { right: [], happened: "no loss was a finite number at the end" };
  const same = number(lowest);
  const right = losses.flatMap((loss, index) => (loss === lowest || number(loss) === same ? [index] : []));
  return { right, happened: `${namesOf(runs, right)} ended lowest, with a loss of ${same}` };
}

function firstOf(runs, { task }) {
  const steps = runs.map(({ outcome }) => (outcome.status === "converged" ? outcome.step ?? 0 : Infinity));
  const first = Math.min(...steps);
  const verb = task ? "learned the task" : "settled";
  if (first === Infinity) return { right: [runs.length], happened: `none of them ${verb}` };
  const right = steps.flatMap((step, index) => (step === first ? [index] : []));
  return { right, happened: `${namesOf(runs, right)} ${verb} first, by ${task ? "update" : "step"} ${first}` };
}

const finite = (loss) => (Number.isFinite(loss) ? loss : Infinity);
const namesOf = (runs, which) => which.map((index) => `“${runs[index].name}”`).join(" and ");

/** What is said when it has played. @param {string} chosen @param {boolean} isRight @param {string} happened */
export function verdictOf(chosen, isRight, happened) {
  if (!happened) return `You chose “${chosen}”. Now compare that with what you see.`;
  return isRight ? `You were right: ${happened}.` : `You chose “${chosen}”, but ${happened}.`;
}

const cleaned = (text, most) => (typeof text === "string" ? text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, " ").trim().slice(0, most) : "");
const isPlace = (value, count) => Number.isInteger(value) && value >= 0 && value < count;

/** A question from outside, or null where it is none that can be asked here. @param {any} given @param {any} experiment @returns {Question | null} */
export function readQuestion(given, experiment) {
  if (given === null || typeof given !== "object" || !["outcome", "lowest_loss", "first", "own"].includes(given.about)) return null;
  const text = cleaned(given.text, MAX_QUESTION);
  const question = { about: given.about, ...(text ? { text } : {}) };
  if (question.about === "outcome") return asked({ ...question, variant: given.variant }, isPlace(given.variant, MAX_SHOWN), experiment);
  if (question.about !== "own") return asked(question, true, experiment);
  const choices = Array.isArray(given.choices) ? given.choices.map((choice) => cleaned(choice, MAX_ANSWER)) : [];
  const usable = text && choices.length >= 2 && choices.length <= MOST_ANSWERS && choices.every(Boolean) && new Set(choices).size === choices.length;
  const right = isPlace(given.right, choices.length) ? { right: given.right } : {};
  return asked({ ...question, choices, ...right }, Boolean(usable), experiment);
}

const asked = (question, usable, experiment) => (usable && fits(question, experiment) ? question : null);

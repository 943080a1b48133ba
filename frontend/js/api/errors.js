// @ts-check
/** What went wrong with a request, in words. */

/** @typedef {{where: string, what: string, remedy: string}} Complaint */

/** The server understood and refused. */
export class Refusal extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem?.detail || problem?.title || `The server answered with ${status}.`);
    this.status = status;
    this.code = problem?.code ?? "unknown";
    /** @type {Complaint[]} */
    this.complaints = Array.isArray(problem?.errors) ? problem.errors : [];
    this.estimate = problem?.estimate;
    this.limit = problem?.limit;
  }
}

/** The server could not be reached, or is too busy; worth trying again. */
export class Unavailable extends Error {
  /** @param {string} message @param {number} [wait] seconds that the server asks to wait @param {string} [detail] its own words */
  constructor(message, wait = 0, detail = "") {
    super(message);
    this.wait = wait;
    this.detail = detail;
  }
}

/** The server says that this tab has asked for something newer. Mostly nobody wants the answer any more. */
export class Superseded extends Error {}

const CODE = "superseded";

export const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** @param {Response} response @returns {Promise<Error>} */
export async function errorOf(response) {
  const problem = await readProblem(response);
  if (problem?.code === CODE) return new Superseded(problem.title);
  if (!BUSY.has(response.status)) return new Refusal(response.status, problem);
  const wait = Number(response.headers.get("retry-after")) || 0;
  const words = response.status === 429 ? "The server asks for a pause" : "The server is too busy";
  return new Unavailable(words, Math.min(30, wait), problem?.detail);
}

/** An error that came as an event: a server that is stopping or overloaded is worth trying again, a refusal is not. @param {any} problem */
export function errorIn(problem) {
  if (problem?.code === CODE) return new Superseded(problem.title);
  const passing = BUSY.has(problem?.status) && problem.status !== 504;
  return passing ? new Unavailable(problem.title ?? "The run broke off") : new Refusal(problem?.status ?? 500, problem);
}

async function readProblem(response) {
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json")) return null;
  return response.json().catch(() => null);
}

/** One complaint as a sentence. @param {Complaint} complaint */
export function asSentence({ what, remedy }) {
  const words = what.charAt(0).toUpperCase() + what.slice(1).replace(/\.$/, "");
  return remedy ? `${words}: ${remedy.replace(/\.$/, "")}.` : `${words}.`;
}

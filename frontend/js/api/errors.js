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
  /** @param {string} message @param {number} [wait] seconds that the server asks to wait */
  constructor(message, wait = 0) {
    super(message);
    this.wait = wait;
  }
}

export const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** @param {Response} response @returns {Promise<Error>} */
export async function errorOf(response) {
  const problem = await readProblem(response);
  if (!BUSY.has(response.status)) return new Refusal(response.status, problem);
  const wait = Number(response.headers.get("retry-after")) || 0;
  const words = response.status === 429 ? "The server asks for a pause" : "The server is too busy";
  return new Unavailable(words, Math.min(30, wait));
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

// @ts-check
/** A comparison that is brought to the page: the text of a file, or a link of any form. What is wrong with it is told with its place and a way out. */

import { LinkError } from "./state/link.js";

const NOTHING = "This is neither a scenario file nor a link. Open a JSON file made by Export, or paste a link that holds /s/, #1. or a question mark.";
const ANOTHER_FILE = "Choose a file that was made by Export, Document (JSON).";
const COPY_AGAIN = "Copy it again, from its first to its last character.";

/** No run that can be exported is as large. */
const MAX_BYTES = 256e6;

/**
 * The document in a text or a file, and a remark for what in it could not be used. Throws LinkError with a sentence where there is none.
 * @param {string | File} brought @param {{catalog: () => Promise<any>, presets: () => Promise<any[]>, stored: (id: string) => Promise<any>}} questions
 * @returns {Promise<{document: any, remarks: string[]}>}
 */
export async function readIncoming(brought, questions) {
  if (typeof brought !== "string" && brought.size > MAX_BYTES) throw new LinkError(`This file is too large to be a comparison. ${ANOTHER_FILE}`);
  const given = (typeof brought === "string" ? brought : await brought.text()).trim();
  const catalog = await questions.catalog();
  if (given.startsWith("{")) return explained(() => readFile(given, catalog), "This file", ANOTHER_FILE);
  const [hash] = /#\d+\.[A-Za-z0-9_-]*/.exec(given) ?? [];
  if (hash) {
    const { decodeLink } = await import("./state/opening.js");
    return explained(() => decodeLink(hash, catalog), "This link", COPY_AGAIN);
  }
  const [, id] = /(?:^|\/(?:s|embed)\/)([2-9b-z]{12,54})\/?(?:[?#\s"].*)?$/s.exec(given) ?? [];
  if (id) return stored(given, id, catalog, questions);
  const query = given.indexOf("?");
  if (query < 0) throw new LinkError(NOTHING);
  const { expandQuery } = await import("./state/readable.js");
  return expandQuery(given.slice(query), catalog, await questions.presets());
}

/** What is wrong, in words that fit what was brought, and what to do. @template T @param {() => Promise<T>} read @param {string} what @param {string} remedy */
async function explained(read, what, remedy) {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    throw new LinkError(`${error.message.replace("This link", what)} ${error.message.includes("newer version") ? "Open it on a newer Clipscape." : remedy}`);
  }
}

async function readFile(text, catalog) {
  const { readDocument } = await import("./state/reading.js");
  const data = await parsed(text);
  const scenario = data.scenario ?? data;
  if (scenario === null || typeof scenario !== "object" || !("experiment" in scenario)) throw new LinkError("This file holds no comparison: it has no \"experiment\".");
  return readDocument(scenario, catalog);
}

async function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { failsAt } = await import("./lib/jsonPlace.js");
    const before = text.slice(0, failsAt(text)).split("\n");
    throw new LinkError(`This file is not JSON, or was cut off: it cannot be read from line ${before.length}, column ${before[before.length - 1].length + 1} on.`);
  }
}

async function stored(address, id, catalog, questions) {
  const [site] = /https?:\/\/[^\s"]+/i.exec(address) ?? [];
  const { origin, host } = site ? new URL(site) : location;
  if (origin !== location.origin) throw new LinkError(`This short link is kept by another server: open it there (${host}).`);
  const { readDocument } = await import("./state/reading.js");
  return readDocument(await questions.stored(id), catalog);
}

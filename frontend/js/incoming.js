// @ts-check
/** A comparison that is brought to the page: the text of a file, or a link of any form. */

import { LinkError } from "./state/link.js";
import { HOME } from "./lib/home.js";

const NOTHING = "This is neither a scenario file nor a link.";

/**
 * The document in a text, and a remark for what in it could not be used. Throws LinkError with a sentence where there is none.
 * @param {string} text @param {{catalog: () => Promise<any>, presets: () => Promise<any[]>, stored: (id: string) => Promise<any>}} questions
 * @returns {Promise<{document: any, remarks: string[]}>}
 */
export async function readIncoming(text, questions) {
  const given = text.trim();
  const catalog = await questions.catalog();
  if (given.startsWith("{")) {
    const { readDocument } = await import("./state/reading.js");
    return readDocument(scenarioIn(given), catalog);
  }
  const [hash] = /#\d+\..*$/.exec(given) ?? [];
  if (hash) {
    const { decodeLink } = await import("./state/opening.js");
    return decodeLink(hash, catalog);
  }
  const [, id] = /\/s\/([A-Za-z0-9]+)\/?(?:[?#].*)?$/.exec(given) ?? [];
  if (id) return stored(given, id, catalog, questions);
  const query = given.indexOf("?");
  if (query < 0) throw new LinkError(NOTHING);
  const { expandQuery } = await import("./state/readable.js");
  return expandQuery(given.slice(query), catalog, await questions.presets());
}

/** A file may hold more than the scenario: a run that was exported, for one. */
function scenarioIn(text) {
  try {
    const data = JSON.parse(text);
    return data.scenario ?? data;
  } catch (error) {
    if (error instanceof SyntaxError) throw new LinkError("This file is not JSON, or was cut off.");
    throw error;
  }
}

async function stored(address, id, catalog, questions) {
  const site = /^https?:/i.test(address) ? new URL(address) : new URL(`s/${id}`, HOME);
  if (site.origin !== location.origin) throw new LinkError(`This short link is kept by another server: open it there (${site.host}).`);
  const { readDocument } = await import("./state/reading.js");
  return readDocument(await questions.stored(id), catalog);
}

// @ts-check
/** Opening a link: everything that may be wrong with it is told in a sentence, and nothing takes long. */

import { bytesOfUrl } from "../lib/arrays.js";
import { InflateError, inflate } from "../lib/deflate.js";
import { CODEC, LinkError } from "./link.js";
import { readDocument } from "./reading.js";

const MAX_LINK = 32_768;
const MAX_DOCUMENT = 65_536;
const DAMAGED = "This link is damaged or was cut off on its way.";

/**
 * The document in a hash. Throws LinkError, with a sentence, for anything that is none; takes bounded time and memory.
 * @param {string} hash @param {any} catalog
 */
export async function decodeLink(hash, catalog) {
  return readDocument(parsed(await textOf(hash)), catalog);
}

async function textOf(hash) {
  const match = /^#(\d{1,6})\.([A-Za-z0-9_-]*)$/.exec(hash.slice(0, MAX_LINK + 1));
  if (hash.length > MAX_LINK) throw new LinkError("This link is too long to be one of ours.");
  if (!match) throw new LinkError(DAMAGED);
  if (Number(match[1]) > CODEC) throw new LinkError("This link was made by a newer version of Clipscape.");
  if (Number(match[1]) < CODEC) throw new LinkError(DAMAGED);
  try {
    return await inflate(bytesOfUrl(match[2]), MAX_DOCUMENT);
  } catch (error) {
    if (error instanceof InflateError && error.reason === "too large") throw new LinkError("This link holds more than a comparison can.");
    if (error instanceof InflateError || error instanceof RangeError) throw new LinkError(DAMAGED);
    throw error;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new LinkError(DAMAGED);
    throw error;
  }
}

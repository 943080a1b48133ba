// @ts-check
/** Writing the link that carries a whole document: `#1.<base64url(raw deflate(canonical JSON))>`. Needs no server to keep it. */

import { base64url } from "../lib/arrays.js";
import { deflate } from "../lib/deflate.js";
import { canonicalJson } from "./canonical.js";

export const CODEC = 1;

/** A link that cannot be opened. `message` is a sentence for people. */
export class LinkError extends Error {}

/** @param {import("./scenario.js").Document} document @returns {Promise<string>} the hash, with # */
export async function encodeLink(document) {
  return `#${CODEC}.${base64url(await deflate(canonicalJson(document)))}`;
}

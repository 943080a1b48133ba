// @ts-check
/** The address bar: read when the page opens or the history moves, always rewritten to hold what is on screen. */

import { debounce } from "./lib/dom.js";
import { decodeLink, encodeLink, hasLink } from "./state/link.js";
import { LinkError } from "./state/reading.js";
import { expandQuery } from "./state/readable.js";
import { defaultDocument } from "./state/scenario.js";

/**
 * What the address asks for. `fresh`: nothing in particular. Never throws for a bad link: the remarks say what is wrong.
 * @param {Location} location @param {{catalog: () => Promise<any>, presets: () => Promise<any[]>}} questions
 * @returns {Promise<{document: any, remarks: string[], fresh: boolean}>}
 */
export async function readAddress(location, questions) {
  const query = location.search.length > 1;
  if (!query && !hasLink(location.hash)) return { document: defaultDocument(), remarks: [], fresh: true };
  try {
    const catalog = await questions.catalog();
    if (hasLink(location.hash)) return { ...(await decodeLink(location.hash, catalog)), fresh: false };
    const presets = new URLSearchParams(location.search).has("preset") ? await questions.presets() : [];
    return { ...expandQuery(location.search, catalog, presets), fresh: false };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return { document: defaultDocument(), remarks: [`${error.message} This is the default comparison instead.`], fresh: false };
  }
}

/**
 * Keep the address current. A committed change makes an entry in the history, a passing one replaces the present entry.
 * @param {{onTravel: () => void}} options
 */
export function createAddress({ onTravel }) {
  let order = 0;
  let last = location.hash;
  let pushing = false;

  const write = async (document) => {
    order += 1;
    const mine = order;
    const hash = await encodeLink(document);
    if (mine !== order) return;
    if (hash !== last || location.search) {
      const address = location.pathname + hash;
      if (pushing) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
      last = hash;
    }
    pushing = false;
  };
  const soon = debounce(write, 150);

  window.addEventListener("popstate", () => {
    if (location.hash === last) return;
    last = location.hash;
    soon.cancel();
    order += 1;
    pushing = false;
    onTravel();
  });

  return {
    /** @param {any} document @param {{push?: boolean}} [options] */
    show(document, { push = false } = {}) {
      pushing ||= push;
      soon(document);
    },
    /** The full address of a document. @param {any} document */
    async linkTo(document) {
      return location.origin + location.pathname + (await encodeLink(document));
    },
    /** @param {string} query */
    readableTo: (query) => location.origin + location.pathname + query,
  };
}

// @ts-check
/** The address bar: read when the page opens or the history moves, always rewritten to hold what is on screen. */

import { debounce } from "./lib/dom.js";
import { LinkError, encodeLink } from "./state/link.js";
import { defaultDocument } from "./state/scenario.js";

/**
 * What the address asks for; `current` is kept where the code that reads links cannot be fetched. Never throws for a bad link: the remarks say what is wrong.
 * @param {Location} location @param {{catalog: () => Promise<any>, presets: () => Promise<any[]>}} questions
 * @returns {Promise<{document: any, remarks: string[]}>}
 */
export async function readAddress(location, questions, current) {
  const [query, hash] = [location.search.length > 1, location.hash.length > 1];
  if (!query && !hash) return { document: defaultDocument(), remarks: [] };
  try {
    const catalog = await questions.catalog();
    return hash ? await openHash(location.hash, catalog) : await openQuery(location.search, catalog, questions);
  } catch (error) {
    if (error instanceof LinkError) return { document: defaultDocument(), remarks: [`${error.message} This is the default comparison instead.`] };
    if (error instanceof TypeError) return { document: current, remarks: ["The link could not be opened: the server cannot be reached."] };
    throw error;
  }
}

async function openHash(hash, catalog) {
  const { decodeLink } = await import("./state/opening.js");
  return decodeLink(hash, catalog);
}

async function openQuery(search, catalog, questions) {
  const { expandQuery } = await import("./state/readable.js");
  const presets = new URLSearchParams(search).has("preset") ? await questions.presets() : [];
  return expandQuery(search, catalog, presets);
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

// @ts-check
/** The address bar: read when the page opens or the history moves, always rewritten to hold what is on screen. */

import { debounce } from "./lib/dom.js";
import { HOME, isFramed } from "./lib/home.js";
import { canonicalJson, same } from "./state/canonical.js";
import { LinkError, encodeLink } from "./state/link.js";
import { defaultDocument } from "./state/scenario.js";

/**
 * What the address asks for; `current` is kept where the code that reads links cannot be fetched. Never throws for a bad link: the remarks say what is wrong.
 * @param {Location} location @param {{catalog: () => Promise<any>, presets: () => Promise<any[]>}} questions
 * @returns {Promise<{document: any, remarks: string[]}>}
 */
export async function readAddress(location, questions, current) {
  const [query, hash] = [location.search.length > 1, location.hash.length > 1];
  const stored = storedLink(location);
  if (!query && !hash && !stored) return { document: defaultDocument(), remarks: [] };
  try {
    const catalog = await questions.catalog();
    if (stored) return noted(await openHash(stored, catalog), catalog);
    return hash ? await openHash(location.hash, catalog) : await openQuery(location.search, catalog, questions);
  } catch (error) {
    if (error instanceof LinkError) return { document: defaultDocument(), remarks: [`${error.message} This is the default comparison instead.`] };
    if (error instanceof TypeError) return { document: current, remarks: ["The link could not be opened: the server cannot be reached."] };
    throw error;
  }
}

/** What a short link leads to: the server writes it into the page. @param {Location} location */
function storedLink({ pathname, hash }) {
  const isShort = hash.length <= 1 && /\/(s|embed)\/[a-z0-9]+$/.test(pathname);
  return isShort ? document.querySelector('meta[name="link"]')?.getAttribute("content") ?? "" : "";
}

/** The document of a short link, with a word where its curves were computed by another engine. */
function noted({ document: opened, remarks }, { engine }) {
  const then = document.querySelector('meta[name="link-engine"]')?.getAttribute("content") ?? engine;
  const words = `This link was made when engine ${then} computed the curves; they are drawn here by engine ${engine} and may differ.`;
  return { document: opened, remarks: then === engine ? remarks : [...remarks, words] };
}

/** All but the moment that is shown: a short link stays in the address bar while its picture plays. */
function sceneOf({ view: { step: _step, paused: _paused, ...view }, ...document }) {
  return canonicalJson({ ...document, view });
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

/** Whether an address says what to show: until it is read, what the page opens with otherwise would be wrong. @param {Location} place */
export const isLink = (place) => Boolean(place.search || place.hash.length > 1 || storedLink(place));

/**
 * Keep the address current. A committed change makes an entry in the history, a passing one replaces the present entry.
 * @param {{onTravel: () => void}} options
 */
export function createAddress({ onTravel }) {
  let last = location.hash;
  /** What is not yet written, and whether it makes an entry of its own. @type {{document: any, push: boolean, preset: any} | null} */
  let waiting = null;
  let travels = 0;
  let writes = Promise.resolve();
  /** The scene that the short link in the address bar leads to, once it is known. @type {string | null} */
  let scene = null;
  /** The icon's address is relative; what it is relative to is about to change. */
  for (const icon of /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=icon]"))) icon.href = icon.href;

  const write = async ({ document, push, preset }) => {
    if (storedLink(location) && scene === sceneOf(document)) return;
    const before = travels;
    const hash = await encodeLink(document);
    const [address, state] = [HOME + hash, preset && { preset }];
    if (before !== travels || (hash === last && !location.search && same(state, history.state))) return;
    if (push) history.pushState(state, "", address);
    else history.replaceState(state, "", address);
    last = hash;
  };
  const settle = () => {
    const settled = waiting;
    soon.cancel();
    waiting = null;
    if (settled) writes = writes.finally(() => write(settled));
  };
  const soon = debounce(settle, 150);

  window.addEventListener("popstate", () => {
    if (location.hash === last) return;
    last = location.hash;
    soon.cancel();
    waiting = null;
    travels += 1;
    onTravel();
  });

  return {
    /** @param {any} document @param {{push?: boolean, preset?: any}} [options] the preset that is on screen: a reload remembers it */
    show(document, { push = false, preset = null } = {}) {
      if (isFramed()) return; // it would fill the history of the page around it
      if (storedLink(location)) scene ??= sceneOf(document);
      const leaves = waiting?.push && waiting.document.view.tab !== document.view.tab;
      if (leaves) settle(); // who goes from tab to tab faster than it is written still finds each of them in the history
      waiting = { document, preset, push: push || (waiting?.push ?? false) };
      soon();
    },
    /** The full address of a document. @param {any} document */
    async linkTo(document) {
      return HOME + (await encodeLink(document));
    },
    /** @param {string} query */
    readableTo: (query) => HOME + query,
  };
}

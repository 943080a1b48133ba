// @ts-check
/** What the page asks for: a run, every notch of a slider, a surface, the lists to choose from. */

import { HOME } from "../lib/home.js";
import { encodeLink } from "../state/link.js";
import { RUN_FIELDS, decodeRun, decodeSurface } from "./results.js";

/** What the server lets one answer have, and what it counts for a step of a row and for the words of a row. */
const FAN_BYTES = 3_900_000;
const BYTES_PER_STEP = 26;
const BYTES_OF_CLIP_INPUT = 6.25;
const BYTES_PER_ROW = 600;

/** Longer addresses are left to POST: some caches and proxies refuse them. */
const LONGEST_ADDRESS = 2000;
const RUN = "simulate?arrays=base64";
const SURFACE = "surface?arrays=base64";

/** @param {Response} response */
const binary = (response) => response.arrayBuffer();

/** The experiment as the server wants it: an open start is left out. */
function body(experiment) {
  const { start, ...rest } = experiment;
  return { version: 1, experiment: start ? { ...rest, start } : rest };
}

/** @param {ReturnType<import("./client.js").createClient>} client @param {string} [release] of the server that sent the page */
export function createQuestions(client, release = "") {
  /** What many visitors ask for, such as the picture of a link, is asked for by an address: any cache on the way may answer it. */
  const ask = async (path, body, decode, signal, shared) => {
    const address = shared && release ? `${path}&engine=${release}&s=${(await encodeLink(body)).slice(1)}` : "";
    return client.ask(path, body, decode, signal, { address: address.length <= LONGEST_ADDRESS ? address : "" });
  };
  return {
    /** Store a document; not tried again when it fails, because there are other links. @param {any} document */
    async keep(document) {
      const { id } = await client.once("links", document);
      const url = `${HOME}s/${id}`;
      return { url, qr: `${HOME}api/v1/qr.svg?address=${encodeURIComponent(url)}`, picture: `${url}.png` };
    },
    follow: client.follow,
    /** A comparison as a file. @param {string} path such as export/csv @param {any} document @returns {Promise<string>} */
    file: (path, document) => client.ask(path, document, (text) => text, undefined, { read: (response) => response.text(), keep: false }),
    /** The document of a short link of this server. @param {string} id */
    stored: (id) => client.ask(`links/${id}`, undefined, (answer) => answer.document),
    catalog: () => client.ask("catalog?formulas=false", undefined, (answer) => withAbout(answer, () => client.ask("catalog", undefined, (whole) => whole))),
    presets: () => client.ask("presets", undefined, (answer) => answer.presets),
    /** @param {any} experiment @param {boolean} arithmetic also every line of every update @param {AbortSignal} [signal] @param {boolean} [shared] */
    async run(experiment, arithmetic, signal, shared) {
      const asked = (one) => ({ ...body(one), fields: RUN_FIELDS, arithmetic });
      const result = await ask(RUN, asked(experiment), decodeRun, signal, shared);
      client.keep(RUN, asked(result.experiment), result);
      return result;
    },
    /**
     * Every value of one number; from many starts (`path` "start", values are points) is not asked twice. @template T
     * @param {any} experiment @param {string} path @param {any[]} values @param {(answer: ArrayBuffer) => T} decode @param {AbortSignal} [signal] @returns {Promise<T>}
     */
    batch: (experiment, path, values, decode, signal) => {
      const asked = { ...body(experiment), axes: { path, values } };
      return client.ask("simulate?arrays=packed", asked, decode, signal, { read: binary, keep: path !== "start" });
    },
    /** @param {any} problem @param {number} resolution points per side @param {AbortSignal} [signal] @param {boolean} [shared] */
    surface: (problem, resolution, signal, shared) =>
      ask(SURFACE, { version: 1, problem, resolution }, decodeSurface, signal, shared),
    /** A surface is known also by its landscape with every default written out. @param {any} problem @param {number} resolution @param {any} surface */
    keepSurface: (problem, resolution, surface) => client.keep(SURFACE, { version: 1, problem, resolution }, surface),
  };
}

/** Formulas and sources are half of the catalogue, and folded away: every entry knows how to fetch its own. */
function withAbout(catalog, whole) {
  for (const [family, entries] of Object.entries(catalog)) {
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) entry.about = async () => (await whole())[family].find(({ kind }) => kind === entry.kind);
  }
  return catalog;
}

/**
 * As many of the notches as one answer may hold, the ends included; null when even a few are too many.
 * @param {any} experiment @param {number[]} values
 */
export function affordable(experiment, values) {
  const { variants, n_steps: steps, weight_decay: decay } = experiment;
  const reshapes = decay.kind !== "none" || variants.some(({ clip }) => clip.position === "after");
  const each = variants.length * (steps * (BYTES_PER_STEP + (reshapes ? BYTES_OF_CLIP_INPUT : 0)) + BYTES_PER_ROW);
  const room = Math.floor(FAN_BYTES / each);
  if (room < 5) return null;
  const every = Math.ceil(values.length / room);
  const last = values.length - 1;
  const kept = values.filter((_, index) => index % every === 0 || index === last);
  return kept.slice(0, 101);
}

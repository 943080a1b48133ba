// @ts-check
/** What the address of a frame asks for besides a document: `?controls=sliders&show=maps&panels=1,3&theme=dark&autoplay&loop=0-60`. */

const CONTROLS = ["player", "sliders", "all"];
const SHOW = ["all", "maps", "curves"];
const THEMES = ["auto", "light", "dark"];
const KEYS = ["controls", "show", "panels", "theme", "autoplay", "loop"];

/**
 * @typedef {{controls: string, show: string, panels: number[], theme: string, autoplay: boolean, loop: [number, number] | null}} Options
 * `panels` counts from 1; empty: all of them
 */

/**
 * Options, and the query without them: a readable link. What is not understood has its default, which shows the most and allows the least.
 * @param {string} search @returns {{options: Options, rest: string}}
 */
export function readOptions(search) {
  const query = new URLSearchParams(search.slice(0, 4096));
  const one = (key, known, fallback) => (known.includes(query.get(key)) ? String(query.get(key)) : fallback);
  const autoplay = query.get("autoplay");
  const options = {
    controls: one("controls", CONTROLS, "player"),
    show: one("show", SHOW, "all"),
    panels: readPanels(query.get("panels")),
    theme: one("theme", THEMES, ""),
    autoplay: autoplay !== null && autoplay !== "no",
    loop: readLoop(query.get("loop")),
  };
  for (const key of KEYS) query.delete(key);
  const rest = query.toString();
  return { options, rest: rest ? `?${rest}` : "" };
}

/** @param {string | null} text @returns {number[]} */
function readPanels(text) {
  return /^[1-4](,[1-4]){0,3}$/.test(text ?? "") ? [...new Set(String(text).split(",").map(Number))].sort() : [];
}

/** @param {string | null} text @returns {[number, number] | null} */
function readLoop(text) {
  const match = /^(\d{1,4})-(\d{1,4})$/.exec(text ?? "");
  if (!match || Number(match[1]) >= Number(match[2])) return null;
  return [Number(match[1]), Number(match[2])];
}

/** The query of these options; defaults are left out. @param {Partial<Options>} options */
export function writeOptions({ controls, show, panels, theme, autoplay, loop }) {
  const parts = [
    controls && controls !== "player" && `controls=${controls}`, show && show !== "all" && `show=${show}`, panels?.length && `panels=${panels.join()}`,
    theme && `theme=${theme}`, autoplay && "autoplay", loop && `loop=${loop.join("-")}`,
  ];
  const query = parts.filter(Boolean).join("&");
  return query ? `?${query}` : "";
}

/** Style rules that leave only some panels; where none of them exists, all stay. @param {number[]} panels from 1 */
export function panelRules(panels) {
  if (!panels.length) return "";
  const chosen = `:is(${panels.map((panel) => `[data-index="${panel - 1}"]`).join()})`;
  const row = `.panels:has(> .panel${chosen})`;
  return `${row} > .panel:not(${chosen}) { display: none; }
    @media (min-width: 900px) { ${row} { grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)) !important; } }
    ${panels.length === 1 ? `@media (max-width: 899px) { ${row} { grid-auto-columns: 100% !important; } }` : ""}`;
}

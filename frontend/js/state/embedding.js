// @ts-check
/** What the address of a frame asks for besides a document: `?controls=sliders&show=maps&theme=dark&autoplay&loop=0-60`. */

const CONTROLS = ["player", "sliders", "all"];
const SHOW = ["all", "maps", "curves"];
const THEMES = ["auto", "light", "dark"];
const KEYS = ["controls", "show", "theme", "autoplay", "loop"];

/** @typedef {{controls: string, show: string, theme: string, autoplay: boolean, loop: [number, number] | null}} Options */

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
    theme: one("theme", THEMES, ""),
    autoplay: autoplay !== null && autoplay !== "no",
    loop: readLoop(query.get("loop")),
  };
  for (const key of KEYS) query.delete(key);
  const rest = query.toString();
  return { options, rest: rest ? `?${rest}` : "" };
}

/** @param {string | null} text @returns {[number, number] | null} */
function readLoop(text) {
  const match = /^(\d{1,4})-(\d{1,4})$/.exec(text ?? "");
  if (!match || Number(match[1]) >= Number(match[2])) return null;
  return [Number(match[1]), Number(match[2])];
}

/** The query of these options; defaults are left out. @param {Partial<Options>} options */
export function writeOptions({ controls, show, theme, autoplay }) {
  const parts = [controls && controls !== "player" && `controls=${controls}`, show && show !== "all" && `show=${show}`, theme && `theme=${theme}`, autoplay && "autoplay"];
  const query = parts.filter(Boolean).join("&");
  return query ? `?${query}` : "";
}

// @ts-check
/**
 * The page in a frame of another page: a picture with its player, as much to change as the address says, and the way out
 * to the whole page. Options stand in the query and are no part of the document: controls, show, panels, theme,
 * autoplay, loop.
 */

import { HOME } from "./lib/home.js";
import { panelRules, readOptions } from "./state/embedding.js";

const { options, rest } = readOptions(location.search);
Object.assign(document.body.dataset, { embedded: "yes", controls: options.controls, show: options.show, autoplay: options.autoplay ? "yes" : "no" });
const chosen = new CSSStyleSheet();
chosen.replaceSync(panelRules(options.panels));
document.adoptedStyleSheets.push(chosen);
if (location.search) history.replaceState(null, "", location.pathname + rest + location.hash);

const { store, playback } = await import("./main.js");
const { encodeLink } = await import("./state/link.js");
const { filled } = await import("./state/scenario.js");
const out = /** @type {HTMLAnchorElement} */ (document.getElementById("open"));

/** The whole page opens with what is on screen here, whatever was changed. */
const follow = async () => {
  const { document: shown, session } = store.get();
  const step = playback.clock.playing ? 0 : playback.clock.step;
  out.href = HOME + (await encodeLink(filled({ ...shown, view: { ...shown.view, step } }, session.catalog)));
};
for (const event of ["pointerenter", "focus", "touchstart"]) out.addEventListener(event, follow, { passive: true });
store.subscribe((_state, _before, cause) => {
  if (cause !== "passing") follow();
  if (options.theme && store.get().document.view.theme !== options.theme) store.look({ theme: options.theme });
});

/** A range that plays again and again. */
function repeat() {
  const { clock } = playback;
  const [from, to] = /** @type {[number, number]} */ (options.loop);
  const end = Math.min(to, clock.last);
  if (store.get().session.asked && store.get().session.asked.phase !== "told") return requestAnimationFrame(repeat);
  if (clock.last > 0 && (clock.playing ? clock.position >= end || clock.position < from : looping && clock.atEnd)) {
    playback.seek(from);
    playback.toggle();
  }
  looping = clock.playing;
  requestAnimationFrame(repeat);
}
let looping = false;
if (options.loop) repeat();

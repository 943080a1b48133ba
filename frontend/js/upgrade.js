// @ts-check
/** When the figure library may act: fetched after the first picture, run only while nothing moves, or where 3-D is asked for and not there yet. */

import { debounce } from "./lib/dom.js";

const FETCH_AFTER = 1500;
const LOADING = "Loading 3-D …";

/** Whether all panels show their surface. @param {any[]} panels */
export const isSolid = (panels) => panels.every(({ element }) => element.classList.contains("shows-solid"));

/**
 * @param {{isStill: () => boolean, onQuiet: () => void, onCamera: (camera: any) => void, onRedraw: () => void, onWords: (words: string) => void}} options `onWords`: what became of the 3-D view
 */
export function createUpgrade({ isStill, onQuiet, onWords, ...listeners }) {
  let figures = /** @type {any} */ (null);
  let loading = /** @type {Promise<any> | null} */ (null);
  let panels = /** @type {any[]} */ ([]);
  let view = /** @type {any} */ ({});
  let words = "";

  /** Each word once: telling it makes the page ask for the figures anew. @param {string} next */
  const say = (next) => {
    if (next === words) return;
    words = next;
    onWords(words);
  };
  const waits = () => view.surface === "surface" && !isSolid(panels);
  const mayAct = () => panels.length > 0 && (isStill() || (waits() && ["", LOADING].includes(words)));

  const load = () => {
    loading ??= import("./figures.js").then(
      (module) => {
        figures = module.createFigures({ ...listeners, onWords: say });
      },
      () => {
        loading = null;
      },
    );
    return loading;
  };

  const act = debounce(async () => {
    if (!mayAct()) return;
    if (waits() && !words) say(LOADING);
    if (view.surface === "contour" && words === LOADING) say("");
    await load();
    if (!figures && waits()) say("The 3-D view could not be loaded");
    if (figures && mayAct()) figures.update(panels, view.surface, view.camera);
  }, 150);

  return {
    /** Something may have changed; `panels` carry the scenes they show. @param {any[]} nextPanels @param {any} nextView */
    sync(nextPanels, nextView) {
      if (panels.length === 0 && nextPanels.length) setTimeout(() => Promise.allSettled([onQuiet(), load().then(() => figures?.prefetch())]), FETCH_AFTER);
      [panels, view] = [nextPanels, nextView];
      figures?.sync(panels);
      if (mayAct()) act();
    },
    soon: act,
    /** @param {any} camera */
    look: (camera) => figures?.look(panels, camera),
  };
}

// @ts-check
/** When the figure library may act: fetched after the first picture, run only while nothing moves. */

import { debounce } from "./lib/dom.js";

const FETCH_AFTER = 1500;

/**
 * @param {{isStill: () => boolean, onQuiet: () => void, onCamera: (camera: any) => void, onRedraw: () => void, onFailure: (words: string) => void}} options
 */
export function createUpgrade({ isStill, onQuiet, ...listeners }) {
  let figures = /** @type {any} */ (null);
  let loading = /** @type {Promise<any> | null} */ (null);
  let panels = /** @type {any[]} */ ([]);
  let view = /** @type {any} */ ({});

  const load = () => {
    loading ??= import("./figures.js").then(
      (module) => {
        figures = module.createFigures(listeners);
      },
      () => {
        loading = null;
      },
    );
    return loading;
  };

  const act = debounce(async () => {
    if (!isStill() || panels.length === 0) return;
    await load();
    if (!figures || !isStill()) return;
    figures.update(panels, view.surface, view.camera);
  }, 150);

  return {
    /** Something may have changed; `panels` carry the scenes they show. @param {any[]} nextPanels @param {any} nextView */
    sync(nextPanels, nextView) {
      if (panels.length === 0 && nextPanels.length) setTimeout(() => Promise.allSettled([onQuiet(), load().then(() => figures?.prefetch())]), FETCH_AFTER);
      [panels, view] = [nextPanels, nextView];
      figures?.sync(panels);
      if (isStill()) act();
    },
    soon: act,
    /** @param {any} camera */
    look: (camera) => figures?.look(panels, camera),
  };
}

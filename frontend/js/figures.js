// @ts-check
/** Where the figure library takes over from the canvas: axes and contours of the maps, and the 3-D surfaces. */

import { heightsOf } from "./plots/heights.js";
import { mapLayout, solidLayout } from "./plots/layouts.js";
import { cameraOf, draw, loadPlotly, moveCamera, prefetchPlotly, watchCamera, webglKind } from "./plots/plotly.js";
import { cameraProjection } from "./plots/projection.js";
import { contourTrace, surfaceTrace } from "./plots/traces.js";
import { isSolid } from "./upgrade.js";

/** A surface with fewer points per side is no good in 3-D: the library would double it. */
const SOLID_GRID = 120;
const NO_WEBGL = "This browser has no WebGL, so the map is shown instead of the 3-D view.";

/**
 * @param {{onCamera: (camera: any) => void, onRedraw: () => void, onWords: (words: string) => void}} listeners `onWords`: what became of the 3-D view
 */
export function createFigures({ onCamera, onRedraw, onWords }) {
  let webgl = /** @type {"none" | "software" | "hardware" | null} */ (null);
  let turning = false;
  /** @type {WeakMap<HTMLElement, any[]>} what each element shows */
  const drawn = new WeakMap();
  let queue = Promise.resolve();
  /** Number of the newest wish: what has been overtaken while it waited is not drawn. */
  let newest = 0;

  const sizeOf = (panel) => panel.stage.size();
  const partsOf = (panel) => {
    const { width, height } = sizeOf(panel);
    return [panel.scene.surface, panel.scene.theme, width, height];
  };
  const isCurrent = (element, panel) => partsOf(panel).every((part, index) => part === drawn.get(element)?.[index]);

  const drawMap = async (panel) => {
    panel.stage.setCamera(null);
    if (isCurrent(panel.library, panel)) return;
    const { surface, theme } = panel.scene;
    const parts = partsOf(panel);
    await draw(panel.library, [contourTrace(surface, theme)], mapLayout(surface, sizeOf(panel), theme));
    drawn.set(panel.library, parts);
    sync([panel]);
  };

  const drawSolid = async (panels, panel, camera) => {
    if (!isCurrent(panel.solid, panel)) {
      const { surface, theme } = panel.scene;
      const parts = partsOf(panel);
      const ratio = webgl === "software" ? { plotGlPixelRatio: 1 } : {};
      await draw(panel.solid, [surfaceTrace(surface, theme)], solidLayout(surface, sizeOf(panel), theme, camera), ratio);
      drawn.set(panel.solid, parts);
      watchCamera(panel.solid, (now) => turned(panels, panel, now));
    }
    project(panel);
  };

  /** One camera moved: all others follow, and the paths above them. */
  const turned = (panels, source, camera) => {
    project(source);
    if (turning) return;
    turning = true;
    for (const panel of panels) if (panel !== source) moveCamera(panel.solid, camera);
    turning = false;
    panels.forEach(project);
    onCamera(camera);
    onRedraw();
  };

  const project = (panel) => {
    const camera = cameraOf(panel.solid);
    if (!camera) return;
    const { surface } = panel.scene;
    const heights = heightsOf(surface);
    const [sx, sy, sz] = camera.scale;
    const toScene = (x, y, loss) => [x * sx, y * sy, Math.min(1, heights.share(loss)) * sz];
    panel.stage.setCamera(cameraProjection(camera.matrix, toScene, surface.window, camera.box));
  };

  /** The canvas map shows wherever a figure is not (or no longer) of the same surface, theme and size. */
  const sync = (panels) => {
    for (const panel of panels) panel.library.classList.toggle("is-drawn", isCurrent(panel.library, panel));
  };

  const inOrder = (task) => {
    queue = queue.then(task).catch((error) => onWords(error.message));
    return queue;
  };

  const show = async (panels, panel, solid, camera) => {
    if (panel.map.clientWidth === 0) return;
    if (solid && panel.scene.surface.columns < SOLID_GRID) return;
    if (solid) {
      panel.solid.hidden = false;
      await drawSolid(panels, panel, camera);
    } else await drawMap(panel);
    panel.solid.hidden = !solid;
    panel.element.classList.toggle("shows-solid", solid);
  };

  return {
    sync,
    prefetch: prefetchPlotly,
    /** Bring all figures up to date. @param {any[]} panels @param {"contour" | "surface"} mode @param {any} camera */
    update: (panels, mode, camera, mine = (newest += 1)) => inOrder(async () => {
      if (mine !== newest) return;
      if (mode === "surface") webgl ??= webglKind();
      const solid = mode === "surface" && webgl !== "none";
      if (solid) await loadPlotly();
      for (const panel of panels) if (mine === newest) await show(panels, panel, solid, camera);
      if (mode === "contour" || isSolid(panels)) onWords("");
      else if (!solid) onWords(NO_WEBGL);
      onRedraw();
    }),
    /** The camera of a link or of the history. */
    look(panels, camera) {
      for (const panel of panels) {
        if (panel.solid.hidden) continue;
        moveCamera(panel.solid, camera);
        project(panel);
      }
    },
  };
}

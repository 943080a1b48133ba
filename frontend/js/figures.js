// @ts-check
/** Where the figure library takes over from the canvas: axes and contours of the maps, and the 3-D surfaces. */

import { rootSize } from "./lib/canvas.js";
import { heightsOf } from "./plots/heights.js";
import { mapLayout, solidLayout } from "./plots/layouts.js";
import { cameraOf, draw, loadPlotly, moveCamera, pushTrace, watchCamera, webglKind } from "./plots/plotly.js";
import { cameraProjection } from "./plots/projection.js";
import { contourTrace, pathTrace, surfaceTrace } from "./plots/traces.js";

/**
 * @param {{onCamera: (camera: any) => void, onRedraw: () => void, onFailure: (words: string) => void}} listeners
 */
export function createFigures({ onCamera, onRedraw, onFailure }) {
  let webgl = /** @type {"none" | "software" | "hardware" | null} */ (null);
  let moving = false;
  /** @type {WeakMap<HTMLElement, any[]>} what each element shows */
  const drawn = new WeakMap();
  let panels = /** @type {any[]} */ ([]);
  let queue = Promise.resolve();

  const changed = (element, parts) => {
    const before = drawn.get(element);
    if (before && parts.every((part, index) => part === before[index])) return false;
    drawn.set(element, parts);
    return true;
  };
  const sizeOf = (element) => ({ width: element.clientWidth, height: element.clientHeight, rem: rootSize() });

  const drawMap = async (panel, { surface, theme }) => {
    const size = sizeOf(panel.map);
    if (size.width === 0 || !changed(panel.library, [surface, theme, size.width, size.height])) return;
    panel.pushed = null;
    const empty = { type: "scatter", mode: "markers", x: [], y: [], marker: { opacity: 0 }, hoverinfo: "skip" };
    await draw(panel.library, [contourTrace(surface, theme), empty], mapLayout(surface, size, theme));
    panel.library.classList.add("is-drawn");
  };

  const drawSolid = async (panel, { surface, theme }, camera) => {
    const size = sizeOf(panel.map);
    if (size.width === 0) return;
    if (changed(panel.solid, [surface, theme, size.width, size.height])) {
      const ratio = webgl === "software" ? { plotGlPixelRatio: 1 } : {};
      await draw(panel.solid, [surfaceTrace(surface, theme)], solidLayout(surface, size, theme, camera), ratio);
      watchCamera(panel.solid, (now) => turned(panel, now));
    }
    project(panel);
  };

  /** One camera moved: all others follow, and the paths above them. */
  const turned = (source, camera) => {
    if (moving) return project(source);
    moving = true;
    for (const panel of panels) if (panel !== source) moveCamera(panel.solid, camera);
    moving = false;
    panels.forEach(project);
    onCamera(camera);
    onRedraw();
  };

  const project = (panel) => {
    const scene = panel.scene;
    const camera = scene && cameraOf(panel.solid);
    if (!camera) return;
    const heights = heightsOf(scene.surface);
    const [sx, sy, sz] = camera.scale;
    const toScene = (x, y, loss) => [x * sx, y * sy, Math.min(1, heights.share(loss)) * sz];
    panel.stage.setCamera(cameraProjection(camera.matrix, toScene, scene.surface.window, camera.box));
  };

  const inOrder = (task) => {
    queue = queue.then(task).catch((error) => onFailure(error.message));
    return queue;
  };

  return {
    /** @param {any[]} shown panels with `scene`, the scene they draw */
    setPanels(shown) {
      panels = shown;
    },
    /** The canvas map shows wherever a figure is not (or no longer) of the same surface, theme and size. @param {any[]} shown */
    sync(shown) {
      for (const panel of shown) {
        const { surface, theme } = panel.scene;
        const { width, height } = sizeOf(panel.map);
        const parts = [surface, theme, width, height];
        const current = drawn.get(panel.library)?.every((part, index) => part === parts[index]);
        panel.library.classList.toggle("is-drawn", Boolean(current));
      }
    },
    /** Bring all figures up to date. @param {"contour" | "surface"} mode @param {any} camera */
    update: (mode, camera) => inOrder(async () => {
      await loadPlotly();
      webgl ??= webglKind();
      const solid = mode === "surface" && webgl !== "none";
      if (mode === "surface" && !solid) onFailure("This browser has no WebGL, so the map is shown instead of the 3-D view.");
      for (const panel of panels) {
        if (!panel.scene) continue;
        panel.solid.hidden = !solid;
        panel.library.hidden = solid;
        if (solid) await drawSolid(panel, panel.scene, camera);
        else {
          panel.stage.setCamera(null);
          await drawMap(panel, panel.scene);
        }
        panel.element.classList.toggle("shows-solid", solid);
      }
      onRedraw();
    }),
    /** The camera of a link or of the history. @param {any} camera */
    look(camera) {
      for (const panel of panels) if (!panel.solid.hidden) moveCamera(panel.solid, camera);
      panels.forEach((panel) => !panel.solid.hidden && project(panel));
    },
    /** When everything stands still: give the finished paths to the library, for hovering. */
    settle: () => inOrder(async () => {
      for (const panel of panels) {
        if (!panel.scene || panel.library.hidden || !panel.library.classList.contains("is-drawn")) continue;
        if (panel.pushed === panel.scene.run) continue;
        panel.pushed = panel.scene.run;
        await pushTrace(panel.library, 1, pathTrace(panel.scene.run, panel.scene.index, panel.scene.theme));
      }
    }),
    software: () => webgl === "software",
  };
}

// @ts-check
/**
 * The only file that names Plotly, and the only one that touches its private members (`_fullLayout`, `_scene`, `glplot`).
 * The version is pinned by the lock file; tests/browser watch over the projection and the linked cameras.
 */

import { HOME } from "../lib/home.js";
import { CONFIG } from "./layouts.js";

/** @type {Promise<any> | null} */
let loading = null;

/** Id of a style sheet for maps that the bundle would add, against the page's security policy; we draw no maps. */
const UNWANTED_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

/** Fetch and run the library once. Rejects when it cannot be had; the next call tries again. */
export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const address = document.querySelector('meta[name="plotly"]')?.getAttribute("content") ?? "";
    const script = document.createElement("script");
    script.src = HOME + address;
    document.head.append(Object.assign(document.createElement("meta"), { id: UNWANTED_STYLE }));
    const readable = readableCanvases(script);
    script.onload = () => {
      readable.end();
      resolve(/** @type {any} */ (window).Plotly);
    };
    script.onerror = () => {
      readable.end();
      loading = null;
      script.remove();
      reject(new Error("The 3-D library could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/**
 * The library measures its 3-D text on a canvas that it reads back again and again; the browser asks to be told so beforehand, or it writes
 * to the console. It makes that canvas while its script runs, so the wish is added then and to nothing else.
 * @param {HTMLScriptElement} script
 */
function readableCanvases(script) {
  const { prototype } = HTMLCanvasElement;
  const { getContext } = prototype;
  const readable = /** @type {any} */ (function (kind, options) {
    const read = kind === "2d" && document.currentScript === script;
    return getContext.call(this, kind, read ? { willReadFrequently: true, ...options } : options);
  });
  prototype.getContext = readable;
  return {
    end() {
      if (prototype.getContext === readable) prototype.getContext = getContext;
    },
  };
}

/** Let the browser fetch the file when it has nothing better to do. */
export function prefetchPlotly() {
  const address = document.querySelector('meta[name="plotly"]')?.getAttribute("content") ?? "";
  const link = document.createElement("link");
  Object.assign(link, { rel: "prefetch", as: "script", href: HOME + address });
  document.head.append(link);
}

/** Draw or update a figure. @param {HTMLElement} element @param {any[]} traces @param {any} layout @param {any} [config] */
export async function draw(element, traces, layout, config = {}) {
  const Plotly = await loadPlotly();
  await Plotly.react(element, traces, layout, { ...CONFIG, ...config });
  stopPicking(element);
}

/**
 * Nothing in a scene can be pointed at, yet the library would draw every picture a second time, in colours that number its parts, and read it
 * back from the graphics processor, which stalls. A part without a number is left out, and a scene without such parts has no second picture.
 */
function stopPicking(element) {
  const plot = sceneOf(element)?.glplot;
  if (!plot) return;
  for (const part of plot.objects) part.pickSlots = 0;
  const nothing = {};
  plot.add(nothing);
  plot.remove(nothing);
}

/** "none", "software" or "hardware": what draws WebGL here. @returns {"none" | "software" | "hardware"} */
export function webglKind() {
  const canvas = document.createElement("canvas");
  const context = /** @type {WebGLRenderingContext | null} */ (canvas.getContext("webgl"));
  if (!context) return "none";
  const info = context.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return /SwiftShader|llvmpipe|Software|Basic Render/i.test(renderer) ? "software" : "hardware";
}

/** @param {any} element @returns {any} the 3-D scene, or undefined before it is drawn */
const sceneOf = (element) => element._fullLayout?.scene?._scene;

const sameCamera = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** @param {any} camera only what a link keeps */
function kept({ eye, center, up }) {
  return { eye, center, up };
}

/**
 * Hear of every movement of the camera, whatever caused it: touch sends no event, but each picture is rendered.
 * @param {any} element @param {(camera: any) => void} onCamera
 */
export function watchCamera(element, onCamera) {
  const scene = sceneOf(element);
  if (!scene || scene.glplot.watched) return;
  scene.glplot.watched = true;
  const before = scene.glplot.onrender;
  let last = kept(scene.getCamera());
  scene.glplot.onrender = (...args) => {
    before?.apply(scene.glplot, args);
    const camera = kept(scene.getCamera());
    if (sameCamera(camera, last)) return;
    last = camera;
    onCamera(camera);
  };
}

/** Look from the same place as another figure, without a relayout. @param {any} element @param {any} camera */
export function moveCamera(element, camera) {
  const scene = sceneOf(element);
  if (!scene || sameCamera(kept(scene.getCamera()), camera)) return;
  const { aspectratio } = element.layout.scene;
  scene.setViewport({ camera: { ...camera, projection: { type: "perspective" } }, aspectratio });
  scene.saveLayout(element.layout);
}

/**
 * The matrix from scene to clip space (columns first), how data become scene coordinates, and where the scene lies.
 * @param {any} element @returns {{matrix: Float64Array, scale: number[], box: import("./contour.js").Box} | null}
 */
export function cameraOf(element) {
  const scene = sceneOf(element);
  const parameters = scene?.glplot?.cameraParams;
  if (!parameters?.projection) return null;
  const matrix = multiplied(multiplied(parameters.projection, parameters.view), parameters.model);
  return { matrix, scale: [...scene.dataScale], box: boxOf(element, scene.container) };
}

/** Where the scene lies in its element. @param {HTMLElement} element @param {HTMLElement} container @returns {import("./contour.js").Box} */
function boxOf(element, container) {
  const [outer, inner] = [element.getBoundingClientRect(), container.getBoundingClientRect()];
  return { left: inner.left - outer.left, top: inner.top - outer.top, width: inner.width, height: inner.height };
}

/** Product of two 4 x 4 matrices, columns first. */
function multiplied(a, b) {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      for (let k = 0; k < 4; k += 1) product[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return product;
}

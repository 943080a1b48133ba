// @ts-check
/** Canvases that are as sharp as the screen, and the style values they need. */

/** Pixels per CSS pixel; more than 2 costs time and shows nothing. */
export function pixelRatio() {
  return Math.min(2, window.devicePixelRatio || 1);
}

/**
 * Give a canvas the size in CSS pixels; returns its context, already scaled. Clears it.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 * @returns {CanvasRenderingContext2D}
 */
export function fitCanvas(canvas, width, height) {
  const ratio = pixelRatio();
  const [columns, rows] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** Value of a custom property of the page, such as "--ink". @param {string} name */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Root font size in pixels: drawings grow with the text. */
export function rootSize() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

// @ts-check
/** An animation is drawn by the server: it tells how far it is, and sends the file at the end. Closing the connection stops it. */

import { readEvents } from "./events.js";

/**
 * @param {(path: string, body: any, read: (response: Response) => Promise<any>, signal: AbortSignal) => Promise<any>} follow
 * @param {any} document @param {string} theme @param {(done: number, total: number, seconds: number) => void} onProgress @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function fetchAnimation(follow, document, theme, onProgress, signal) {
  let file = /** @type {any} */ (null);
  const read = (response) => readEvents(response, (name, data) => {
    if (name === "progress") onProgress(data.done, data.total, data.remaining_seconds);
    if (name === "end") file = data;
  });
  await follow(`export/gif/stream?theme=${theme}`, document, read, signal);
  return new Blob([Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0))], { type: file.media_type });
}

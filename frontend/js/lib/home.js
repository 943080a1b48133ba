// @ts-check
/** The folder that the page is served from, whatever the address bar says: a short link opens the page one folder deeper. */

export const HOME = new URL("../../", import.meta.url).href;

/** Whether the page is in a frame of another one. */
export const isFramed = () => document.body.dataset.embedded === "yes";

// @ts-check
/** A style sheet that comes with the part of the page that needs it. */

import { HOME } from "./home.js";

/** Wanted before anything of it is seen. @param {string} name */
export const styled = (name) =>
  new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: `${HOME}css/${name}.css`, onload: () => resolve(undefined), onerror: () => reject(new TypeError("no style sheet")) });
    document.head.append(link);
  });

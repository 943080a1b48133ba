// @ts-check
/** The page's icons, drawn on a 24 x 24 grid with a 2 px line. */

import { s } from "./dom.js";

const PATHS = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M8 5v14M16 5v14",
  first: "M6 5v14M19 5.5v13L9 12z",
  last: "M18 5v14M5 5.5v13L15 12z",
  back: "M15 6l-6 6 6 6",
  forward: "M9 6l6 6-6 6",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  share: "M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1.5-1.5",
  export: "M12 3.5v11M8 10.5l4 4 4-4M4.5 16.5v3h15v-3",
  gallery: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.1-1.5 2.4M12 17.5v.5",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
  sliders: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h13M19 10v4",
  converged: "M5 12.5l4.5 4.5L19 7.5",
  bounded: "M4 12c2.5-7 5.5-7 8 0s5.5 7 8 0",
  stalled: "M5 12h14",
  descending: "M5 6l6 6 3-3 5 7M19 11v5h-5",
  diverged: "M6 18L18 6M9 6h9v9",
  warning: "M12 4l9 16H3zM12 10v4.5M12 17v.5",
  slow: "M12 4a8 8 0 1 0 8 8M12 8v4l3 2",
};

const FILLED = new Set(["play"]);

/** An icon that assistive technology skips: the button around it has the name. @param {keyof typeof PATHS} name */
export function icon(name) {
  const filled = FILLED.has(name);
  const path = s("path", { d: PATHS[name], fill: filled ? "currentColor" : "none", stroke: "currentColor" });
  if (name === "auto") path.setAttribute("fill-rule", "evenodd");
  return s("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}

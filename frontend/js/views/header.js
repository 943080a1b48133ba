// @ts-check
/** The bar at the top: who we are, and what can be done with the whole page. */

import { fill, h, s } from "../lib/dom.js";
import { icon } from "../lib/icons.js";

const THEMES = { auto: ["auto", "Theme: as your system"], light: ["sun", "Theme: light"], dark: ["moon", "Theme: dark"] };
const NEXT = { auto: "light", light: "dark", dark: "auto" };

/**
 * @param {HTMLElement} root
 * @param {{onPresets: () => void, onUndo: () => void, onRedo: () => void, onShare: () => void, onHelp: () => void, onTheme: (theme: string) => void}} listeners
 */
export function createHeader(root, { onPresets, onUndo, onRedo, onShare, onHelp, onTheme }) {
  const button = (name, label, onclick, words = "") =>
    h("button", { type: "button", class: words ? "action" : "action square", "aria-label": words ? null : label, title: label, onclick },
      icon(name), words && h("span", { class: "action-words" }, words));
  const undo = button("undo", "Undo (Ctrl+Z)", onUndo);
  const redo = button("redo", "Redo (Ctrl+Shift+Z)", onRedo);
  const theme = button("auto", "Theme", () => onTheme(NEXT[shown]));
  const presets = button("gallery", "Choose a ready-made comparison", onPresets, "Presets");
  const share = button("share", "Share this comparison", onShare, "Share");
  presets.dataset.control = "presets";
  share.dataset.control = "share";
  let shown = "auto";
  fill(root,
    h("a", { class: "brand", href: "./", "aria-label": "Clipscape, start again" }, mark(), h("span", { class: "wordmark" }, "Clip", h("span", {}, "scape"))),
    h("p", { class: "claim" }, "See what gradient clipping does"),
    h("div", { class: "actions" }, presets, undo, redo, share, theme, button("help", "Help and keyboard (?)", onHelp)));

  return {
    update({ document, session }) {
      undo.disabled = !session.canUndo;
      redo.disabled = !session.canRedo;
      if (document.view.theme === shown && theme.dataset.ready) return;
      shown = document.view.theme;
      theme.dataset.ready = "yes";
      const [name, label] = THEMES[shown];
      fill(theme, icon(name));
      theme.setAttribute("aria-label", label);
      theme.title = label;
    },
  };
}

/** The cliff, the ball and its leash. */
function mark() {
  return s("svg", { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
    s("path", { d: "M3 8.5h10.5c1.6 0 2.2.8 2.4 2.4l1.1 9c.3 2.6 1.6 4.1 4.2 4.1H29", class: "mark-cliff" }),
    s("circle", { cx: 21.5, cy: 12.5, r: 6, class: "mark-leash" }),
    s("circle", { cx: 21.5, cy: 12.5, r: 2.7, class: "mark-ball" }));
}


// @ts-check
/** The bar at the top: who we are, and what can be done with the whole page. */

import { fill, h, s } from "../lib/dom.js";
import { HOME } from "../lib/home.js";
import { icon } from "../lib/icons.js";

const THEMES = { auto: ["auto", "Theme: as your system"], light: ["sun", "Theme: light"], dark: ["moon", "Theme: dark"] };
const TABS = /** @type {const} */ ({ compare: ["Compare", HOME], recurrent: ["Recurrent", `${HOME}?tab=recurrent`], map: ["Map", `${HOME}?tab=map`] });
const NEXT = { auto: "light", light: "dark", dark: "auto" };

/**
 * @param {HTMLElement} root
 * @param {{onTab: (tab: import("../state/scenario.js").Tab) => void, onPresets: () => void, onUndo: () => void, onRedo: () => void, onShare: () => void, onExport: () => void, onHelp: () => void, onTheme: (theme: string) => void}} listeners
 */
export function createHeader(root, { onTab, onPresets, onUndo, onRedo, onShare, onExport, onHelp, onTheme }) {
  const button = (name, label, onclick, words = "") =>
    h("button", { type: "button", class: words ? "action" : "action square", "aria-label": words ? null : label, title: label, onclick },
      icon(name), words && h("span", { class: "action-words" }, words));
  const undo = button("undo", "Undo (Ctrl+Z)", onUndo);
  const redo = button("redo", "Redo (Ctrl+Shift+Z)", onRedo);
  const theme = button("auto", "Theme", () => onTheme(NEXT[shown]));
  const presets = button("gallery", "Choose a ready-made comparison", onPresets, "Presets");
  const share = button("share", "Share this comparison", onShare, "Share");
  const exports = button("export", "Export pictures, numbers and code, open a file", onExport);
  exports.dataset.control = "export";
  presets.dataset.control = "presets";
  share.dataset.control = "share";
  const tabs = Object.entries(TABS).map(([name, [label, href]]) => h("a", { class: "tab", href, "data-tab": name, onclick: (event) => follow(event, () => onTab(name)) }, label));
  let shown = "auto";
  fill(root,
    h("a", { class: "brand", href: HOME, "aria-label": "Clipscape, start again" }, mark(), h("span", { class: "wordmark" }, "Clip", h("span", {}, "scape"))),
    h("nav", { class: "tabs", "data-control": "tabs", "aria-label": "Parts of Clipscape" }, tabs),
    h("p", { class: "claim" }, "See what gradient clipping does"),
    h("div", { class: "actions" }, presets, undo, redo, share, exports, theme, button("help", "Help and keyboard (?)", onHelp)));

  return {
    update({ document, session }) {
      undo.disabled = !session.canUndo;
      redo.disabled = !session.canRedo;
      for (const tab of tabs) setCurrent(tab, tab.dataset.tab === document.view.tab);
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

/** A plain click changes the tab here; any other opens the link as links do. */
function follow(event, go) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}

function setCurrent(tab, current) {
  if (current) tab.setAttribute("aria-current", "page");
  else tab.removeAttribute("aria-current");
}

/** The cliff, the ball and its leash. */
function mark() {
  return s("svg", { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
    s("path", { d: "M3 8.5h10.5c1.6 0 2.2.8 2.4 2.4l1.1 9c.3 2.6 1.6 4.1 4.2 4.1H29", class: "mark-cliff" }),
    s("circle", { cx: 21.5, cy: 12.5, r: 6, class: "mark-leash" }),
    s("circle", { cx: 21.5, cy: 12.5, r: 2.7, class: "mark-ball" }));
}


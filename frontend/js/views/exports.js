// @ts-check
/** What can be taken away of a comparison: its numbers, and code that takes the same steps. And the way back: opening a file or a link. */

import { asSentence, Refusal } from "../api/errors.js";
import { createDialog } from "../lib/dialog.js";
import { fill, h, setText, show, uniqueId } from "../lib/dom.js";

const DATA = {
  csv: ["Table (CSV)", "Every recorded number of every step, one line each."],
  json: ["Document (JSON)", "The scenario and everything that was recorded. It can be opened here again."],
};
const CODE = {
  numpy: ["numpy", "A script that needs nothing but numpy and takes the very same steps.", "py"],
  pytorch: ["PyTorch", "A script with PyTorch's gradients, optimizers and, where they are exact, its clips.", "py"],
  lines: ["Lines to paste", "Clip and optimizer as PyTorch, Keras and Optax write them, for a training of your own.", "py"],
};

/**
 * @param {{fetchFile: (path: string, document: any) => Promise<string>, openText: (text: string) => Promise<void>}} services
 * `openText` throws an Error with a sentence where the text is no comparison
 */
export function createExports({ fetchFile, openText }) {
  const dialog = createDialog({ title: "Export and import", class: "exporting" });
  let document = /** @type {any} */ (null);
  let language = "numpy";
  let asked = 0;

  const state = h("p", { class: "export-state", role: "status" });
  const named = (ending) => `clipscape-${document.experiment.problem.kind}.${ending}`;
  const attempt = async (work) => {
    setText(state, "");
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setText(state, error.complaints.length ? error.complaints.map(asSentence).join(" ") : error.message);
    }
  };
  const data = Object.entries(DATA).map(([form, [label, help]]) => h("div", { class: "export-choice" },
    h("button", { type: "button", class: "solid-button", onclick: () => attempt(async () => save(await fetchFile(`export/${form}`, document), named(form))) }, label),
    h("p", { class: "group-help" }, help)));

  const about = h("p", { class: "group-help" });
  const code = h("pre", { class: "export-code", tabindex: 0, "aria-label": "Code" });
  const copy = h("button", { type: "button", class: "solid-button", onclick: () => copyCode() }, "Copy");
  const keep = h("button", { type: "button", class: "solid-button", onclick: () => save(code.textContent ?? "", named(CODE[language][2])) }, "Download");
  const actions = h("div", { class: "export-actions" }, copy, keep);
  const languages = Object.entries(CODE).map(([name, [label]]) => {
    const id = uniqueId("language");
    const input = h("input", { type: "radio", name: "language", id, value: name, checked: name === language, onchange: () => showCode(name) });
    return h("span", {}, input, h("label", { for: id }, label));
  });

  async function showCode(name) {
    language = name;
    asked += 1;
    const mine = asked;
    setText(about, CODE[name][1]);
    setText(code, "");
    for (const part of [code, actions]) show(part, false);
    await attempt(async () => {
      const text = await fetchFile(`export/code?language=${name}`, document);
      if (mine !== asked) return;
      setText(code, text);
      for (const part of [code, actions]) show(part, true);
    });
  }

  async function copyCode() {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      setText(state, "Copied");
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      getSelection()?.selectAllChildren(code);
      setText(state, "Press Ctrl+C to copy");
    }
  }

  const linkId = uniqueId("incoming");
  const link = h("input", { type: "text", id: linkId, class: "link-text", placeholder: "https://… or #1.… or ?preset=…", spellcheck: "false", autocomplete: "off" });
  const file = h("input", { type: "file", accept: ".json,application/json", "aria-label": "Scenario file (JSON)", onchange: () => bringFile() });
  const bring = async (text) => {
    try {
      await openText(text);
      dialog.close();
    } catch (error) {
      setText(state, /** @type {Error} */ (error).message);
    }
  };
  const bringFile = async () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (chosen) await bring(await chosen.text());
  };
  const form = h("form", { class: "share-row", onsubmit: (event) => { event.preventDefault(); bring(link.value); } }, link, h("button", { type: "submit", class: "solid-button" }, "Open"));

  fill(dialog.body,
    h("h3", { class: "share-head" }, "Numbers"), h("div", { class: "export-data" }, data),
    h("h3", {}, "Code"), h("div", { class: "export-languages", role: "radiogroup", "aria-label": "Language" }, languages), about, code, actions,
    h("h3", {}, "Open"), h("label", { for: linkId }, "A link of any form"), form,
    h("p", { class: "group-help" }, "Or a scenario file, which you can also drop anywhere on the page: "), file, state);

  return {
    /** @param {any} shown the document on screen */
    open(shown) {
      document = shown;
      setText(state, "");
      dialog.open();
      showCode(language);
    },
  };
}

/** Hand a text to the browser as a file. */
function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

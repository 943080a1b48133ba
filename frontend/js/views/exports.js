// @ts-check
/** What can be taken away of what is on screen: pictures, a page that plays, its numbers, and code that takes the same steps. And the way back: opening a file or a link. */

import { asSentence, Refusal } from "../api/errors.js";
import { createDialog } from "../lib/dialog.js";
import { fill, h, setText, show, uniqueId } from "../lib/dom.js";

const PLAYING = {
  html: ["Page that plays (HTML)", "One file that opens by a double click, without a network: panels, curves, player, every number."],
};
const DATA = {
  csv: ["Table (CSV)", "Every recorded number of every step, one line each."],
  json: ["Document (JSON)", "The scenario and everything that was recorded. It can be opened here again."],
};
const CODE = {
  numpy: ["numpy", "A script that needs nothing but numpy and takes the very same steps.", "py"],
  pytorch: ["PyTorch", "A script with PyTorch's gradients, optimizers and, where they are exact, its clips.", "py"],
  lines: ["Lines to paste", "Clip and optimizer as PyTorch, Keras and Optax write them, for a training of your own.", "py"],
};
const SIZES = { 1: "1280 px, web page", 2: "2560 px, slide", 4: "5120 px, print" };
const MOMENTS = {
  compare: (step, last) => `All panels, how each run ended, and the curves, at step ${step} of ${last}.`,
  recurrent: (step, last) => `Every variant's gradients through time, recurrent matrix and answers, the curves and the plane, at update ${step} of ${last}.`,
  map: () => "All maps with the curves of the theory, what colours and patterns mean, and how many settings end how.",
};

const AWAY = "The server cannot be reached; it is asked again until it answers. Pictures (PNG, SVG) are made here and do not need it.";

/** What is on screen when the dialog opens. @typedef {{document: any, session: any, clock: any, part: any}} Shown */

/**
 * @param {{fetchFile: (path: string, document: any) => Promise<string>, openText: (text: string) => Promise<void>,
 *   takePicture: (shown: Shown, how: any) => Promise<{name: string, file: Blob}>,
 *   animate: (document: any, theme: string, onProgress: (done: number, total: number, seconds: number) => void, signal: AbortSignal) => Promise<Blob>}} services
 * `openText` throws an Error with a sentence where the text is no comparison
 */
export function createExports({ fetchFile, takePicture, animate, openText }) {
  const dialog = createDialog({ title: "Export and import", class: "exporting", onClose: () => film.stop() });
  let shown = /** @type {any} */ (null);
  const state = h("p", { class: "export-state", role: "status" });
  const named = (ending) => `clipscape-${shown.document.experiment.problem.kind}${ending === "html" ? "-playing" : ""}.${ending}`;
  /** What waits for the server or for a picture. */
  let waiting = 0;
  let away = false;
  const hint = () => {
    if (waiting > 0 && away) setText(state, AWAY);
    else if (state.textContent === AWAY) setText(state, "");
  };
  const attempt = async (work) => {
    setText(state, "");
    waiting += 1;
    hint();
    try {
      await work();
    } catch (error) {
      setText(state, sentenceOf(error));
    } finally {
      waiting -= 1;
      hint();
    }
  };
  const keep = (file, name) => {
    save(file, name);
    setText(state, `Saved as ${name}.`);
  };
  const pictures = createPictures((how) => attempt(async () => {
    const { name, file } = await takePicture(shown, how);
    keep(file, name);
  }));
  const picture = group("Picture", pictures.parts);
  const choices = (forms) => Object.entries(forms).map(([form, [label, help]]) => choice(label, help, () =>
    attempt(async () => keep(new Blob([await fetchFile(`export/${form}`, shown.document)], { type: "text/plain" }), named(form)))));
  const [playing, data] = [choices(PLAYING), choices(DATA)];
  const film = createFilm({
    animate: (onProgress, signal) => animate(shown.document, pictures.theme(), onProgress, signal), attempt,
    keep: (file) => keep(file, `clipscape-${shown.document.experiment.problem.kind}-${pictures.theme()}.gif`),
  });
  const spoiler = h("p", { class: "group-help" }, "Neither the page nor the GIF asks the question of this link: they show how the runs end.");
  const animation = group("Animation", h("div", { class: "export-data" }, playing, film.element), spoiler);
  const code = createCode({ fetchCode: (language) => fetchFile(`export/code?language=${language}`, shown.document), attempt, tell: (words) => setText(state, words), named });
  const opening = createOpening({ openText, done: () => dialog.close(), tell: (words) => setText(state, words) });
  fill(dialog.body,
    picture, animation, group("Numbers", h("div", { class: "export-data" }, data)), group("Code", code.parts), group("Open", opening), state);

  return {
    /** Whether the server can be reached: the banner that says so is behind the dialog. @param {{session: any}} now */
    update({ session }) {
      away = session.connection.state === "away";
      hint();
    },
    /** @param {Shown} next */
    open(next) {
      shown = next;
      setText(state, "");
      show(animation, shown.document.view.tab !== "map");
      show(spoiler, Boolean(shown.document.question));
      pictures.update(shown);
      dialog.open();
      code.update();
    },
  };
}

/** What to say of a failure. Mistakes of the program are none of these. @param {any} error */
function sentenceOf(error) {
  if (error instanceof Refusal) return error.complaints.length ? error.complaints.map(asSentence).join(" ") : error.message;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) throw error;
  return error.message;
}

const group = (title, ...parts) => h("section", { class: "export-group" }, h("h3", {}, title), parts);

/** A button and what it does. @param {string} label @param {string} help @param {() => void} onclick */
function choice(label, help, onclick) {
  return h("div", { class: "export-choice" }, h("button", { type: "button", class: "solid-button", onclick }, label), h("p", { class: "group-help" }, help));
}

/**
 * An animation takes some seconds: how far it is, and a way to stop it.
 * @param {{animate: (onProgress: (done: number, total: number, seconds: number) => void, signal: AbortSignal) => Promise<Blob>,
 *   attempt: (work: () => Promise<void>) => Promise<void>, keep: (file: Blob) => void}} services
 */
function createFilm({ animate, attempt, keep }) {
  let controller = /** @type {AbortController | null} */ (null);
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Frames drawn" });
  const words = h("span", { class: "group-help" });
  const cancel = h("button", { type: "button", class: "toggle", onclick: () => stop() }, "Cancel");
  const making = h("div", { class: "export-making", hidden: true }, bar, words, cancel);
  const button = h("button", { type: "button", class: "solid-button", onclick: () => start() }, "Animation (GIF)");
  const element = h("div", { class: "export-choice" }, button, making, h("p", { class: "group-help" }, "For slides and chats: 1080 pixels wide, some 15 seconds, in the colours chosen above."));

  const progress = (done, total, seconds) => {
    bar.value = total ? done / total : 0;
    setText(words, total ? `${Math.round((100 * done) / total)} %${seconds >= 1 ? `, ${Math.ceil(seconds)} s left` : ""}` : "starting …");
  };
  const stop = () => controller?.abort();
  const start = () => attempt(async () => {
    const own = new AbortController();
    controller = own;
    progress(0, 0, 0);
    show(making, true);
    show(button, false);
    cancel.focus();
    try {
      keep(await animate(progress, own.signal));
    } catch (error) {
      if (!own.signal.aborted) throw error;
    } finally {
      controller = null;
      show(making, false);
      show(button, true);
      button.focus();
    }
  });
  return { element, stop };
}

/** @param {(how: {form: string, theme: string, scale: number}) => void} take */
function createPictures(take) {
  const about = h("p", { class: "group-help" });
  const select = (label, options) => {
    const id = uniqueId("picture");
    const input = h("select", { id }, Object.entries(options).map(([value, words]) => h("option", { value }, words)));
    return { input, element: h("span", { class: "export-field" }, h("label", { for: id }, label), input) };
  };
  const theme = select("Colours", { light: "Light", dark: "Dark" });
  const size = select("Size of PNG", SIZES);
  size.input.value = "2";
  const button = (form, label) => h("button", { type: "button", class: "solid-button", onclick: () => take({ form, theme: theme.input.value, scale: Number(size.input.value) }) }, label);
  return {
    parts: [about, h("div", { class: "export-actions" }, theme.element, size.element, button("png", "Picture (PNG)"), button("svg", "Drawing (SVG)"))],
    theme: () => theme.input.value,
    /** @param {Shown} shown */
    update({ document, session, clock }) {
      theme.input.value = session.theme;
      setText(about, MOMENTS[document.view.tab](clock.step, document.experiment.n_steps));
    },
  };
}

/** @param {{fetchCode: (language: string) => Promise<string>, attempt: (work: () => Promise<void>) => Promise<void>, tell: (words: string) => void, named: (ending: string) => string}} services */
function createCode({ fetchCode, attempt, tell, named }) {
  let language = "numpy";
  let asked = 0;
  const about = h("p", { class: "group-help" });
  const code = h("pre", { class: "export-code", tabindex: 0, "aria-label": "Code" });
  const copy = h("button", { type: "button", class: "solid-button", onclick: () => copyCode() }, "Copy");
  const keep = h("button", { type: "button", class: "solid-button", onclick: () => save(new Blob([code.textContent ?? ""], { type: "text/plain" }), named(CODE[language][2])) }, "Download");
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
      const text = await fetchCode(name);
      if (mine !== asked) return;
      setText(code, text);
      for (const part of [code, actions]) show(part, true);
    });
  }

  async function copyCode() {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      tell("Copied");
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      getSelection()?.selectAllChildren(code);
      tell("Press Ctrl+C to copy");
    }
  }

  return {
    parts: [h("div", { class: "export-languages", role: "radiogroup", "aria-label": "Language" }, languages), about, code, actions],
    update: () => showCode(language),
  };
}

/** @param {{openText: (text: string) => Promise<void>, done: () => void, tell: (words: string) => void}} services */
function createOpening({ openText, done, tell }) {
  const linkId = uniqueId("incoming");
  const link = h("input", { type: "text", id: linkId, class: "link-text", placeholder: "https://… or #1.… or ?preset=…", spellcheck: "false", autocomplete: "off" });
  const file = h("input", { type: "file", accept: ".json,application/json", "aria-label": "Scenario file (JSON)", onchange: () => bringFile() });
  const bring = async (text) => {
    try {
      await openText(text);
      done();
    } catch (error) {
      tell(/** @type {Error} */ (error).message);
    }
  };
  const bringFile = async () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (chosen) await bring(await chosen.text());
  };
  const form = h("form", { class: "share-row", onsubmit: (event) => { event.preventDefault(); bring(link.value); } }, link, h("button", { type: "submit", class: "solid-button" }, "Open"));
  return [h("label", { for: linkId }, "A link of any form"), form,
    h("p", { class: "group-help" }, "Or a scenario file, which you can also drop anywhere on the page: "), file];
}

/** Hand a file to the browser to keep. @param {Blob} file @param {string} name */
function save(file, name) {
  const address = URL.createObjectURL(file);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

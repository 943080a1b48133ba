// @ts-check
/** Everything with which this very picture can be passed on, and what each of these depends on. */

import { Refusal, Unavailable } from "../api/errors.js";
import { createCopyLine } from "../lib/copyLine.js";
import { createDialog } from "../lib/dialog.js";
import { fill, h, setText, show, uniqueId } from "../lib/dom.js";

const MAX_TITLE = 120;
const MAX_NOTE = 500;

const HELP = {
  short: "For slides, chats and the blackboard. It depends on this server: the settings, title and note are stored here, for everybody who has the link, and for ever. They never change; only the operator can remove them.",
  whole: "Depends on no server's memory: it carries everything itself and opens on any Clipscape, now and later. It is long, and some chat programs cut it off.",
  readable: "To type by hand or put on a slide; opens playing, from the start. It depends on the presets and defaults of the Clipscape that opens it. Add &slow for slow motion, &step=20 to stand still at a step.",
};

/**
 * @typedef {{title?: string, note?: string}} Meta
 * @typedef {{meta: Meta, whole: (meta: Meta) => Promise<string>, readable: () => {link: string, why: string}, store: (meta: Meta) => Promise<{url: string, qr: string, picture: string}>}} Offer
 */
/**
 * @param {{element: HTMLElement}[]} choices what else goes with a link
 * @param {{element: HTMLElement, update: (link: Promise<string>, title: string) => Promise<void>, rest: () => void}} embed the code of a frame
 */
export function createShare(choices, embed) {
  const dialog = createDialog({ title: "Share this comparison", class: "sharing", onClose: () => embed.rest() });
  let offer = /** @type {Offer | null} */ (null);
  let made = 0;

  const title = createField("Title", "input", MAX_TITLE, "Shown above the picture and in chat programs. Optional.");
  const note = createField("Note", "textarea", MAX_NOTE, "");
  const short = createShort(() => keep());
  const whole = createCopyLine("Long link", HELP.whole);
  const readable = createCopyLine("Readable link", HELP.readable);
  const none = h("p", { class: "group-help" });
  fill(dialog.body, h("div", { class: "share-words" }, title.element, note.element), choices.map((choice) => choice.element), short.element, whole.element, readable.element, none, embed.element);

  const meta = () => ({ ...(title.text() ? { title: title.text() } : {}), ...(note.text() ? { note: note.text() } : {}) });

  const refresh = async () => {
    made += 1;
    short.reset();
    const byHand = offer?.readable() ?? { link: "", why: "" };
    show(readable.element, byHand.why === "");
    show(none, byHand.why !== "");
    setText(none, byHand.why);
    const link = offer?.whole(meta()) ?? Promise.resolve("");
    await Promise.all([readable.update(byHand.link), whole.update(link), embed.update(link, meta().title ?? "")]);
  };
  for (const field of [title.field, note.field]) field.addEventListener("input", refresh);

  async function keep() {
    await refresh();
    const mine = made;
    short.wait();
    try {
      const stored = await offer?.store(meta());
      if (stored && mine === made) await short.show(stored);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Unavailable)) throw error;
      if (mine === made) short.fail(error);
    }
  }

  return {
    refresh,
    /** @param {Offer} next */
    async open(next) {
      offer = next;
      title.field.value = next.meta.title ?? "";
      note.field.value = next.meta.note ?? "";
      await refresh();
      dialog.open();
    },
  };
}

/** A short link that does not exist yet, then exists, or cannot be had. @param {() => void} onWanted */
function createShort(onWanted) {
  const button = h("button", { type: "button", class: "solid-button", onclick: onWanted }, "Make a short link");
  const state = h("p", { class: "share-state", role: "status" });
  const line = createCopyLine("Short link", HELP.short);
  const qr = h("img", { class: "share-qr", alt: "QR code of the short link", width: 160, height: 160 });
  const picture = h("img", { class: "share-picture", alt: "Preview of the link in a chat program", width: 304, height: 160 });
  const pictures = h("div", { class: "share-pictures" }, h("figure", {}, qr, h("figcaption", {}, "For the lecture hall")), h("figure", {}, picture, h("figcaption", {}, "How chat programs show it")));
  const offered = h("div", { class: "share-line" }, h("h3", { class: "share-head" }, "Short link"), h("div", { class: "share-row" }, button), h("p", { class: "group-help" }, HELP.short));
  const element = h("div", {}, offered, line.element, pictures, state);
  picture.addEventListener("load", () => picture.classList.add("is-drawn"));
  picture.addEventListener("error", () => setText(state, "The preview picture could not be drawn now; the link works all the same."));

  const turn = (exists) => {
    show(offered, !exists);
    show(line.element, exists);
    show(pictures, exists);
  };
  return {
    element,
    reset() {
      turn(false);
      button.disabled = false;
      setText(state, "");
    },
    wait() {
      button.disabled = true;
      setText(state, "Storing it ...");
    },
    /** @param {{url: string, qr: string, picture: string}} stored */
    async show(stored) {
      await line.update(stored.url);
      picture.classList.remove("is-drawn");
      [qr.src, picture.src] = [stored.qr, stored.picture];
      turn(true);
      setText(state, "Stored.");
      line.field.focus();
    },
    /** @param {Refusal | Unavailable} error */
    fail(error) {
      button.disabled = false;
      setText(state, `No short link could be made. ${wordsOf(error)}`);
    },
  };
}

/** The server's own sentence, or ours where it could not be asked. @param {Refusal | Unavailable} error */
function wordsOf(error) {
  if (error instanceof Refusal) return error.message;
  return error.detail || `${error.message}. The long link below works without it.`;
}

/** @param {string} label @param {"input" | "textarea"} tag @param {number} most @param {string} help */
function createField(label, tag, most, help) {
  const id = uniqueId("field");
  const field = h(tag, { id, maxlength: most, class: "share-field", ...(tag === "input" ? { type: "text" } : { rows: 2 }) });
  return {
    field,
    element: h("div", { class: "share-line" }, h("label", { for: id }, label), field, help && h("p", { class: "group-help" }, help)),
    text: () => field.value.replace(/\s+/g, " ").trim(),
  };
}

// @ts-check
/** Modal dialogs on the browser's own <dialog>: focus stays inside, Escape closes, the opener gets the focus back. */

import { fill, h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {{title: string, class?: string, onClose?: () => void}} options
 * @returns {{element: HTMLDialogElement, body: HTMLElement, open: () => void, close: () => void, title: (text: string) => void}}
 */
export function createDialog({ title, class: name = "", onClose }) {
  const titleId = uniqueId("dialog");
  const heading = h("h2", { id: titleId }, title);
  const body = h("div", { class: "dialog-body" });
  const close = () => element.close();
  const head = h(
    "div",
    { class: "dialog-head" },
    heading,
    h("button", { type: "button", class: "quiet square", "aria-label": "Close", onclick: close }, icon("close")),
  );
  /** @type {HTMLDialogElement} */
  const element = h("dialog", { class: `dialog ${name}`, "aria-labelledby": titleId }, head, body);
  element.addEventListener("click", (event) => {
    if (event.target === element) close();
  });
  if (onClose) element.addEventListener("close", onClose);
  document.body.append(element);
  const open = () => {
    if (!element.open) element.showModal();
  };
  return { element, body, open, close, title: (text) => fill(heading, text) };
}

// @ts-check
/** Making and finding elements. Nothing here knows what the page is about. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: h("button", {class: "quiet", onclick: save}, "Save").
 * `on...` are listeners, booleans switch attributes, `style` is an object, null and undefined are left out.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...any} children strings, nodes, arrays of them, null
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  setProps(element, props);
  element.append(...flat(children));
  return element;
}

/** The same for SVG. @returns {any} */
export function s(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setProps(element, props);
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);
}

/** @param {Element} element @param {Record<string, any>} props */
export function setProps(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") setStyle(/** @type {HTMLElement} */ (element), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
}

/** @param {HTMLElement} element @param {Record<string, string>} style */
export function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
}

/** Replace what an element holds. @param {Element} element @param {...any} children */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Write text only when it changed, so that nothing is laid out or announced for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show or hide without touching anything else. @param {HTMLElement} element @param {boolean} visible */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

let counter = 0;

/** An id that nothing else on the page has. @param {string} name */
export function uniqueId(name) {
  counter += 1;
  return `${name}-${counter}`;
}

/** Run `work` once things have been quiet for `delay` milliseconds. */
export function debounce(work, delay) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), delay);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

// @ts-check
/** Formulas: MathML text from the catalogue becomes elements, and only those of an allow-list. */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ALLOWED = new Set(
  ("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle msub msup msubsup munder mover munderover " +
    "mtable mtr mtd mfenced mpadded mphantom menclose").split(" "),
);
const ATTRIBUTES = new Set(["mathvariant", "stretchy", "fence", "form", "separator", "lspace", "rspace", "width", "columnalign"]);

/** @param {string} text @param {string} label read instead where MathML is not supported @returns {Element | null} */
export function formula(text, label) {
  const parsed = new DOMParser().parseFromString(text, "application/xml").documentElement;
  if (parsed.nodeName !== "math") return null;
  const math = copy(parsed);
  math.setAttribute("display", "block");
  math.setAttribute("aria-label", label);
  return math;
}

/** @param {Element} source @returns {Element} */
function copy(source) {
  const element = document.createElementNS(MATHML, ALLOWED.has(source.localName) ? source.localName : "mrow");
  for (const { name, value } of source.attributes) if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  for (const child of source.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE) element.append(copy(/** @type {Element} */ (child)));
    else if (child.nodeType === Node.TEXT_NODE) element.append(child.textContent ?? "");
  }
  return element;
}

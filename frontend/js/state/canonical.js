// @ts-check
/** Canonical JSON (RFC 8785): the same document gives the same text here and on the server. */

/** @param {any} value @returns {string} */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
  }
  if (Object.is(value, -0)) return "0";
  return JSON.stringify(value);
}

/** Whether two pieces of plain data say the same. */
export function same(left, right) {
  return left === right || canonicalJson(left) === canonicalJson(right);
}

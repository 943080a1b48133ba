// @ts-check
/** Where a text stops being JSON: browsers say that it does, and not all of them where. */

const SPACE = /[ \t\n\r]*/y;
const TOKEN = /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

const isValue = (token) => !"}],:".includes(token);

/** The index of the first character that cannot be part of a JSON value; the length of the text where it only ends too early. @param {string} text */
export function failsAt(text) {
  const open = /** @type {string[]} */ ([]);
  let state = "value";
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += /** @type {RegExpExecArray} */ (SPACE.exec(text))[0].length;
    TOKEN.lastIndex = at;
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) return at;
    const next = after(state, token, open);
    if (!next) return at;
    state = next;
    at += token.length;
  }
}

/** The next state, or "" where the token cannot stand there. @param {string} state @param {string} token @param {string[]} open brackets that are to be closed */
function after(state, token, open) {
  const closes = token === open[open.length - 1];
  if (closes && ["end", "first value", "first key"].includes(state)) {
    open.pop();
    return "end";
  }
  if (state.endsWith("key")) return token.startsWith('"') ? "colon" : "";
  if (state === "colon") return token === ":" ? "value" : "";
  if (state === "end") return token === "," && open.length ? (open[open.length - 1] === "}" ? "key" : "value") : "";
  if (!isValue(token)) return "";
  if (token === "{" || token === "[") open.push(token === "{" ? "}" : "]");
  return token === "{" ? "first key" : token === "[" ? "first value" : "end";
}

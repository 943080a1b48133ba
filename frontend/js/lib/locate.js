// @ts-check
/** Finding the control that a complaint is about, by the dotted path that both carry. */

/**
 * Of all elements that say which paths they stand for (`data-where`, separated by blanks), the one with the longest
 * path that begins `where`. "variants.*" stands for every variant.
 * @param {ParentNode} root @param {string} where @returns {HTMLElement | null}
 */
export function controlFor(root, where) {
  let best = null;
  let bestLength = 0;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-where]"))) {
    for (const path of (element.dataset.where ?? "").split(" ")) {
      if (path.length > bestLength && begins(path, where)) [best, bestLength] = [element, path.length];
    }
  }
  return best;
}

function begins(path, where) {
  const [parts, given] = [path.split("."), where.split(".")];
  return parts.length <= given.length && parts.every((part, index) => part === "*" || part === given[index]);
}

// @ts-check
/** Keys that work everywhere but in a control that needs them itself. */

/**
 * @param {Record<"play" | "back" | "forward" | "back10" | "forward10" | "first" | "last" | "undo" | "redo" | "help" | "slow" | "view" | "close", () => void>} actions
 */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const action = event.ctrlKey || event.metaKey ? withControl(event, target) : plain(event, target);
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
}

const isText = (target) => target.matches("input[type=text], textarea");

/** @returns {keyof Parameters<typeof listenToKeys>[0] | null} */
function withControl(event, target) {
  if (isText(target) || event.key.toLowerCase() !== "z") return event.key.toLowerCase() === "y" && !isText(target) ? "redo" : null;
  return event.shiftKey ? "redo" : "undo";
}

/** @returns {keyof Parameters<typeof listenToKeys>[0] | null} */
function plain(event, target) {
  if (isText(target) || target.matches("select")) return null;
  if (event.key === "Escape") return "close";
  const onControl = target.matches("button, summary, a, input[type=checkbox], input[type=radio]");
  const onSlider = target.matches("input[type=range]");
  const scrolls = target.matches("[tabindex='0']");
  if (event.key === " ") return onControl ? null : "play";
  if (event.key === "?") return "help";
  if (event.key === "s") return "slow";
  if (event.key === "v") return "view";
  if (onSlider || scrolls || target.matches("input[type=radio]")) return null;
  const arrows = { ArrowLeft: event.shiftKey ? "back10" : "back", ArrowRight: event.shiftKey ? "forward10" : "forward", Home: "first", End: "last" };
  return arrows[event.key] ?? null;
}

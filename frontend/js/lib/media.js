// @ts-check
/** What the visitor's system asks for: reduced motion, dark colours, a narrow screen. */

export const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
export const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
export const narrow = window.matchMedia("(max-width: 899px)");

/** The theme in force for a wish of "auto", "light" or "dark". @param {string} wish @returns {"light" | "dark"} */
export function themeFor(wish) {
  if (wish === "light" || wish === "dark") return wish;
  return prefersDark.matches ? "dark" : "light";
}

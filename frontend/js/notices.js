// @ts-check
/** Complaints of the server next to the control that they are about; what has no control is told above the panels. */

import { asSentence } from "./api/errors.js";
import { controlFor } from "./lib/locate.js";

/**
 * @param {HTMLElement} root the settings @param {import("./api/errors.js").Complaint[]} complaints
 * @returns {string | null} what found no place
 */
export function placeComplaints(root, complaints) {
  for (const error of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".field-error[data-served]"))) {
    error.hidden = true;
    error.textContent = "";
    delete error.dataset.served;
  }
  const homeless = [];
  for (const complaint of complaints) {
    const error = /** @type {HTMLElement | null} */ (controlFor(root, complaint.where)?.querySelector(".field-error") ?? null);
    if (!error || !error.closest("[data-where]")?.checkVisibility()) homeless.push(asSentence(complaint));
    else {
      error.textContent = asSentence(complaint);
      error.dataset.served = "yes";
      error.hidden = false;
    }
  }
  return homeless.length ? homeless.join(" ") : null;
}

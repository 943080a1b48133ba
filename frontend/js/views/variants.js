// @ts-check
/** The list of variants: what is compared. Each may be renamed, moved, removed, and given another rule. */

import { createChoice } from "../lib/choice.js";
import { fill, h, setText, show, uniqueId } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { variantStyle } from "../plots/palette.js";
import { MAX_SHOWN, entryOf, setIn, withExperiment } from "../state/scenario.js";
import { addVariant, moveVariant, removeVariant, renameVariant, sharesThreshold, withRule } from "../state/variants.js";

/** Longer names get a line of their own. */
const LONGEST_BESIDE_BUTTONS = 16;

/**
 * @param {HTMLElement} root
 * @param {{catalog: any, onChange: (change: (document: any) => any, options?: any) => void, onGrab: (grab: any) => void}} options
 */
export function createVariants(root, { catalog, onChange, onGrab }) {
  const list = h("ol", { class: "variants" });
  const add = h("button", { type: "button", class: "add", "data-control": "variant_list", onclick: () => onChange((document) => addVariant(document, catalog)) }, icon("plus"), "Add a variant");
  const more = h("p", { class: "group-help" });
  fill(root, h("h2", { class: "group-title" }, "Compare"), list, add, more);
  root.dataset.where = "experiment.variants";
  let cards = /** @type {any[]} */ ([]);
  return {
    update({ document, session }) {
      const variants = document.experiment.variants.slice(0, MAX_SHOWN);
      while (cards.length < variants.length) cards.push(createCard(cards.length, { catalog, onChange, onGrab }));
      cards = cards.slice(0, Math.max(cards.length, variants.length));
      const wanted = cards.slice(0, variants.length).map((card) => card.element);
      if (wanted.length !== list.children.length) fill(list, wanted);
      const together = session.linked && sharesThreshold(document, catalog);
      variants.forEach((variant, index) => cards[index].update(variant, { count: variants.length, together, theme: session.theme, document }));
      add.disabled = document.experiment.variants.length >= MAX_SHOWN;
      const extra = document.experiment.variants.length - MAX_SHOWN;
      setText(more, extra > 0 ? `${extra} more in this link; four fit on the page.` : "");
      show(more, extra > 0);
    },
  };
}

function createCard(index, { catalog, onChange, onGrab }) {
  const nameId = uniqueId("name");
  const name = h("input", { type: "text", class: "variant-name", id: nameId, maxlength: 60, autocomplete: "off", spellcheck: "false" });
  name.addEventListener("change", () => onChange((document) => renameVariant(document, index, name.value)));
  const button = (symbol, label, onclick) => h("button", { type: "button", class: "quiet square small", "data-control": "variant_list", "aria-label": label, title: label, onclick }, icon(symbol));
  const up = button("up", "Move up", () => onChange((document) => moveVariant(document, index, -1)));
  const down = button("down", "Move down", () => onChange((document) => moveVariant(document, index, 1)));
  const remove = button("close", "Remove", () => {
    const next = element.nextElementSibling ?? element.previousElementSibling;
    onChange((document) => removeVariant(document, index));
    (element.isConnected ? element : next)?.querySelector("input")?.focus();
  });
  const place = `variants.${index}`;
  const setParam = (key, param, value) => (document) => withExperiment(document, ["variants", index, key, "params", param], value);
  let hidesThreshold = true;
  const rule = createChoice({
    label: "Rule", entries: catalog.clippers, where: `experiment.${place}.clip`, hideLabel: true,
    skip: (parameter) => parameter.role === "threshold" && hidesThreshold,
    listeners: {
      onKind: (kind) => onChange((document) => withRule(document, index, kind, catalog)),
      onGrab: (param, values, held) => onGrab({ axis: `${place}.clip.params.${param}`, values, held, change: (value) => setParam("clip", param, value) }),
      onMove: (param, value) => onChange(setParam("clip", param, value), { passing: true, notch: value }),
      onCommit: (param, value) => onChange(setParam("clip", param, value)),
    },
  });
  const position = createPosition((value) => onChange((document) => withExperiment(document, ["variants", index, "clip", "position"], value)));
  const own = createChoice({
    label: "Optimizer of this variant", entries: catalog.optimizers, where: `experiment.${place}.optimizer`, extra: [{ value: "", label: "same as all" }],
    listeners: {
      onKind: (kind) => onChange((document) => withOwnOptimizer(document, index, kind)),
      onGrab: (param, values, held) => onGrab({ axis: `${place}.optimizer.params.${param}`, values, held, change: (value) => setParam("optimizer", param, value) }),
      onMove: (param, value) => onChange(setParam("optimizer", param, value), { passing: true, notch: value }),
      onCommit: (param, value) => onChange(setParam("optimizer", param, value)),
    },
  });
  const fold = h("details", { class: "variant-more", "data-control": "variant_rules" }, h("summary", {}, "More"), position.element, own.element);
  const element = h("li", { class: "variant", "data-where": `experiment.${place}`, "data-index": index },
    h("div", { class: "variant-head" }, h("span", { class: "swatch", "aria-hidden": "true" }), h("label", { for: nameId, class: "visually-hidden" }, `Name of variant ${index + 1}`), name, up, down, remove),
    h("p", { class: "field-error", role: "alert", hidden: true }), rule.element, fold);
  rule.element.dataset.control = "variant_rules";
  let skipping = /** @type {boolean | null} */ (null);

  return {
    element,
    update(variant, { count, together, theme, document }) {
      const style = variantStyle(index, theme);
      element.style.setProperty("--variant", style.colour);
      element.dataset.shape = style.shape;
      if (globalThis.document.activeElement !== name || name.value === "") name.value = variant.name;
      name.title = variant.name;
      element.classList.toggle("has-long-name", variant.name.length > LONGEST_BESIDE_BUTTONS);
      up.disabled = index === 0;
      down.disabled = index === count - 1;
      remove.disabled = count === 1;
      for (const [control, verb] of [[up, "Move up"], [down, "Move down"], [remove, "Remove"]]) control.setAttribute("aria-label", `${verb}: ${variant.name}`);
      const single = document.experiment.variants.filter((v) => hasThreshold(catalog, v)).length === 1;
      hidesThreshold = together || single;
      if (skipping !== hidesThreshold) {
        skipping = hidesThreshold;
        rule.refresh();
      }
      rule.update(variant.clip);
      position.update(variant.clip.position ?? "before", entryOf(catalog, "clip", variant.clip.kind));
      own.update(variant.optimizer ?? null);
    },
  };
}

function hasThreshold(catalog, variant) {
  return entryOf(catalog, "clip", variant.clip.kind)?.parameters.some((p) => p.role === "threshold");
}

function withOwnOptimizer(document, index, kind) {
  const variant = { ...document.experiment.variants[index] };
  delete variant.optimizer;
  if (kind) variant.optimizer = { kind, params: {} };
  return { ...document, experiment: setIn(document.experiment, ["variants", index], variant) };
}

/** Where the clip stands: it limits the gradient, or the optimizer's direction. */
function createPosition(onPosition) {
  const id = uniqueId("position");
  const select = h("select", { id, onchange: () => onPosition(select.value) }, h("option", { value: "before" }, "the gradient (before the optimizer)"), h("option", { value: "after" }, "the direction (after the optimizer)"));
  const element = h("div", { class: "field" }, h("label", { for: id }, "Clips"), select, h("p", { class: "field-error", role: "alert", hidden: true }));
  return {
    element,
    update(position, entry) {
      select.value = position;
      const positions = entry?.traits.positions ?? ["before", "after"];
      for (const option of select.options) option.disabled = !positions.includes(option.value);
      show(element, entry?.kind !== "none");
    },
  };
}

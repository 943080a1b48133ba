// @ts-check
/** Settings of what is trained: the network, its task, its first weights; what only some want is folded away. */

import { createChoice, createParams } from "../lib/choice.js";
import { fill, h, setText, show } from "../lib/dom.js";
import { entryOf, withExperiment } from "../state/scenario.js";
import { networksOf, withPart } from "../state/recurrent.js";

const MAIN = new Set(["hidden_size", "sequence_length", "batch_size"]);
const isMain = ({ name }) => MAIN.has(name);

/**
 * @param {HTMLElement} root
 * @param {{catalog: any, onChange: (change: (document: any) => any, options?: any) => void}} options
 */
export function createNetwork(root, { catalog, onChange }) {
  const part = (family, label, entries, options = {}) => {
    const change = (name, value) => (document) => withExperiment(document, [family, "params", name], value);
    const listeners = {
      onKind: (kind) => onChange((document) => withPart(document, family, kind, catalog)),
      onGrab: () => {},
      onMove: (name, value) => onChange(change(name, value), { passing: true }),
      onCommit: (name, value) => onChange(change(name, value)),
    };
    const choice = createChoice({ label, entries, where: `experiment.${family}`, listeners, ...options });
    choice.element.dataset.control = family === "problem" ? "network" : family;
    return { choice, listeners };
  };
  const network = part("problem", "Network", networksOf(catalog), { skip: (parameter) => !isMain(parameter) });
  const task = part("task", "Task", catalog.tasks);
  const init = part("init", "First weights", catalog.inits, { hideLabel: true });
  const more = createParams(network.listeners, isMain);
  const changed = h("span", { class: "fold-now" });
  const advanced = h("details", { class: "fold", "data-control": "advanced", "data-where": "experiment.problem" },
    h("summary", {}, h("span", {}, "More of the network"), changed), h("div", { class: "fold-body" }, more.element));
  const initNow = h("span", { class: "fold-now" });
  const initFold = h("details", { class: "fold", "data-control": "init" }, h("summary", {}, h("span", {}, "First weights"), initNow), h("div", { class: "fold-body" }, init.choice.element));
  fill(root, network.choice.element, task.choice.element, initFold, advanced);

  return {
    update({ document }) {
      const { problem, task: trained, init: begun } = document.experiment;
      if (!trained) return;
      const entry = entryOf(catalog, "problem", problem.kind);
      network.choice.update(problem);
      task.choice.update(trained);
      init.choice.update(begun);
      more.update(entry, problem.params, "experiment.problem");
      const own = entry.parameters.filter((parameter) => !isMain(parameter) && problem.params[parameter.name] !== parameter.default);
      setText(changed, own.length > 1 ? `${own.length} changed` : (own[0]?.label ?? "as usual"));
      show(advanced, entry.parameters.some((parameter) => !isMain(parameter)));
      setText(initNow, entryOf(catalog, "init", begun.kind)?.label ?? "");
    },
  };
}

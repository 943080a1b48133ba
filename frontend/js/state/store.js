// @ts-check
/** The one door to the state: a document that can be undone, and what else the page knows at the moment. */

import { same } from "./canonical.js";
import { withView } from "./scenario.js";

const DEPTH = 200;

/** What the map goes over; which of its measures is looked at is another matter. */
const over = ({ map }) => ({ ...map, measure: undefined });
const onMap = ({ view }) => view.tab === "map";

/** Whether a change can be undone: every number can, and what the map goes over. */
const undoable = (next, before) => !same(next.experiment, before.experiment) || (onMap(next) && onMap(before) && !same(over(next.view), over(before.view)));

/**
 * `document` is what a link carries. `session` is everything else: catalogue, last answer, messages.
 * A *passing* change (a thumb on its way) is shown but not remembered; a *committed* one can be undone.
 * @template S
 * @param {any} document @param {S} session
 */
export function createStore(document, session) {
  let state = { document, session };
  let settled = document;
  let past = [];
  let future = [];
  const listeners = new Set();

  const publish = (next, cause) => {
    const previous = state;
    state = next;
    for (const listener of listeners) listener(state, previous, cause);
  };
  /** What is looked at stays, but for what the map goes over. */
  const back = (to) => {
    const { tab, map } = to.view;
    const moved = map && withView({ view: map }, { measure: settled.view.map?.measure }).view;
    const changes = same(to.experiment, settled.experiment) ? { tab, map: moved } : onMap(settled) && moved ? { map: moved } : {};
    return withView({ ...to, view: settled.view }, changes);
  };
  const settle = (next, cause) => {
    settled = next;
    publish({ ...state, document: next }, cause);
  };

  return {
    get: () => state,
    /** @param {(state: any, previous: any, cause: string) => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** A change of the document; with a passing one the session may change, too. @param {(document: any) => any} change @param {{passing?: boolean, session?: Partial<S>}} [options] */
    update(change, { passing = false, session } = {}) {
      const next = change(state.document);
      if (passing) {
        if (next !== state.document) publish({ document: next, session: session ? { ...state.session, ...session } : state.session }, "passing");
        return;
      }
      if (same(next, settled)) {
        if (state.document !== settled) publish({ ...state, document: settled }, "commit");
        return;
      }
      if (undoable(next, settled)) {
        past = [...past.slice(1 - DEPTH), settled];
        future = [];
      }
      settle(next, "commit");
    },
    /** How it is looked at: changes no number, cannot be undone, and leaves a change on its way alone. */
    look(changes) {
      const seen = (one) => withView(one, changes);
      const next = state.document === settled ? seen(settled) : seen(state.document);
      settled = state.document === settled ? next : seen(settled);
      publish({ ...state, document: next }, "look");
    },
    /** The server wrote out what was left open (defaults): same meaning, so nothing to undo. */
    adopt(next) {
      settle(next, "adopt");
    },
    /** Another document altogether, from a link or the browser's history. */
    load(next) {
      settle(next, "load");
    },
    /** @param {Partial<S>} changes */
    note(changes) {
      publish({ ...state, session: { ...state.session, ...changes } }, "note");
    },
    undo() {
      const previous = past.at(-1);
      if (!previous) return false;
      past = past.slice(0, -1);
      future = [settled, ...future];
      settle(back(previous), "commit");
      return true;
    },
    redo() {
      const next = future[0];
      if (!next) return false;
      past = [...past, settled];
      future = future.slice(1);
      settle(back(next), "commit");
      return true;
    },
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    settled: () => settled,
  };
}

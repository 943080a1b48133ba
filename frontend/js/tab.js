// @ts-check
/** A tab as the rest of the page sees it: fetched when it is first wanted, silent until then. */

import { styled } from "./lib/styled.js";

/**
 * @param {{name: string, styles: string[], create: () => Promise<any>, onReady: () => void, onUnreachable: (words: string) => void}} options
 * @returns {any}
 */
export function createTab({ name, styles, create, onReady, onUnreachable }) {
  let tab = /** @type {any} */ (null);
  let loading = /** @type {Promise<any> | null} */ (null);

  const load = () => {
    loading ??= Promise.all([create(), ...styles.map(styled)]).then(
      ([made]) => {
        tab = made;
        onReady();
        return tab;
      },
      (error) => {
        loading = null;
        if (!(error instanceof TypeError)) throw error;
        onUnreachable(`The ${name} tab could not be fetched: the server cannot be reached. Choose it again in a moment.`);
        return null;
      },
    );
    return loading;
  };

  return {
    load,
    /** A document that is here to stay. */
    settle: async (...asked) => (await load())?.settle(...asked),
    pass: (document) => tab?.pass(document),
    leave: () => tab?.leave(),
    update: (state) => tab?.update(state),
    tick: (clock) => tab?.tick(clock),
    measure: () => tab?.measure(),
    shown: () => tab?.shown?.() ?? null,
  };
}

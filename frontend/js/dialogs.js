// @ts-check
/** Dialogs are fetched when they are opened for the first time: the first view does not wait for them. */

import { withView } from "./state/scenario.js";

/** @template T @param {() => Promise<T>} load @returns {() => Promise<T>} */
function once(load) {
  let made = /** @type {Promise<T> | null} */ (null);
  return () => (made ??= load());
}

/**
 * @param {{store: any, questions: any, address: any, present: () => any, onChoose: (preset: any) => void, step: () => number}} options
 */
export function createDialogs({ store, questions, address, present, onChoose, step }) {
  const gallery = once(async () => {
    const view = (await import("./views/presets.js")).createPresets({ onChoose });
    store.subscribe(() => view.update(present()));
    return view;
  });
  const sharing = once(async () => (await import("./views/share.js")).createShare());
  const help = once(async () => (await import("./views/help.js")).createHelp());
  const table = once(async () => (await import("./views/table.js")).createTable());

  const presets = async () => {
    const known = store.get().session.presets ?? (await questions.presets());
    store.note({ presets: known });
    return known;
  };

  return {
    async presets() {
      const view = await gallery();
      view.update(present());
      view.open();
      await presets();
    },
    async share() {
      const view = await sharing();
      const document = withView(store.get().document, { step: step() });
      const { composeQuery } = await import("./state/readable.js");
      const query = composeQuery(document, store.get().session.catalog, await presets());
      view.open({ whole: await address.linkTo(document), readable: query === null ? null : address.readableTo(query) });
    },
    help: async () => (await help()).open(),
    /** @param {number | string} which a variant, or a chart */
    async table(which) {
      const { session } = present();
      const { variantTable, chartTable } = await import("./tables.js");
      if (session.result) (await table()).open(typeof which === "number" ? variantTable(session, which) : chartTable(session, which));
    },
  };
}

// @ts-check
/** Dialogs are fetched when they are opened for the first time: the first view does not wait for them. */

import { styled } from "./lib/styled.js";
import { filled, withView } from "./state/scenario.js";

const UNREACHABLE = "This part of the page could not be fetched: the server cannot be reached. Try again in a moment.";

class Unfetched extends Error {}

/** @template T @param {Promise<T>} module @returns {Promise<T>} */
const fetched = (module) =>
  module.catch((error) => {
    throw error instanceof TypeError ? new Unfetched(UNREACHABLE) : error;
  });

/** Load once; after a failure the next call tries again. @template T @param {() => Promise<T>} load @returns {() => Promise<T>} */
function once(load) {
  let made = /** @type {Promise<T> | null} */ (null);
  return async () => {
    made ??= load();
    try {
      return await made;
    } catch (error) {
      made = null;
      throw error;
    }
  };
}

/**
 * @param {{store: any, questions: any, address: any, present: () => any, onChoose: (preset: any) => void,
 *   moment: () => {step: number, paused?: true}, pictured: () => {clock: any, part: any}, openText: (text: string) => Promise<void>}} options
 */
export function createDialogs({ store, questions, address, present, onChoose, moment, pictured, openText }) {
  const gallery = once(async () => {
    const view = (await fetched(import("./views/presets.js"))).createPresets({ onChoose });
    store.subscribe(() => view.update(present()));
    return view;
  });
  const sharing = once(async () => {
    const [{ createSharing }] = await fetched(Promise.all([import("./sharing.js"), styled("sharing")]));
    return createSharing({ store, questions, address, moment });
  });
  const exporting = once(async () => {
    const [{ createExports }] = await fetched(Promise.all([import("./views/exports.js"), styled("exporting")]));
    const view = createExports({ fetchFile: questions.file, takePicture, animate, openText });
    store.subscribe((state) => view.update(state));
    return view;
  });
  const takePicture = async (shown, how) => (await fetched(import("./pictures.js"))).takePicture(shown, how);
  const animate = async (...how) => (await fetched(import("./api/animations.js"))).fetchAnimation(questions.follow, ...how);
  const help = once(async () => (await fetched(import("./views/help.js"))).createHelp());
  const table = once(async () => (await fetched(import("./views/table.js"))).createTable());

  const presets = async () => {
    const known = store.get().session.presets ?? (await questions.presets());
    store.note({ presets: known });
    return known;
  };

  /** A part that cannot be fetched is told, and the page goes on without it. */
  const safely = (work) => async (...args) => {
    try {
      await work(...args);
    } catch (error) {
      if (!(error instanceof Unfetched)) throw error;
      store.note({ remarks: [UNREACHABLE] });
    }
  };

  return {
    /** Fetch what may be wanted later, so that it opens at once and also while the server is gone. */
    prefetch: () => Promise.allSettled([gallery(), sharing(), exporting(), import("./pictures.js"), import("./api/animations.js"), help(), table(), import("./state/readable.js"), import("./state/reading.js"), import("./tables.js")]),
    presets: safely(async () => {
      const view = await gallery();
      view.update(present());
      view.open();
      await presets();
    }),
    share: safely(async () => (await sharing()).open(await presets())),
    export: safely(async () => {
      const { document, session } = present();
      (await exporting()).open({ document: filled(withView(document, moment()), session.catalog), session, ...pictured() });
    }),
    help: safely(async () => (await help()).open(store.get().document.view.tab)),
    /** @param {any} numbers a table */
    open: safely(async (numbers) => (await table()).open(numbers)),
    /** @param {number | string} which a variant, or a chart */
    table: safely(async (which) => {
      const { session } = present();
      const { variantTable, chartTable } = await fetched(import("./tables.js"));
      if (session.result) (await table()).open(typeof which === "number" ? variantTable(session, which) : chartTable(session, which));
    }),
  };
}

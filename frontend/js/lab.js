// @ts-check
/** The Recurrent tab as the rest of the page sees it: fetched when it is first wanted, silent until then. */

const UNREACHABLE = "The Recurrent tab could not be fetched: the server cannot be reached. Choose it again in a moment.";

/** Its style sheet, wanted before anything of it is seen. */
const styled = () =>
  new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: "css/recurrent.css", onload: () => resolve(undefined), onerror: () => reject(new TypeError("no style sheet")) });
    document.head.append(link);
  });

/** @param {any} tools what `createRecurrent` needs @returns {any} */
export function createLab(tools) {
  let lab = /** @type {any} */ (null);
  let loading = /** @type {Promise<any> | null} */ (null);

  const load = () => {
    loading ??= Promise.all([import("./recurrent.js"), styled()]).then(
      ([module]) => {
        lab = module.createRecurrent(tools);
        tools.onReady();
        return lab;
      },
      (error) => {
        loading = null;
        if (!(error instanceof TypeError)) throw error;
        tools.store.note({ remarks: [UNREACHABLE] });
        return null;
      },
    );
    return loading;
  };

  return {
    load,
    /** @param {any} document @param {number} step where to stop */
    settle: async (document, step) => (await load())?.settle(document, step),
    pass: (document) => lab?.pass(document),
    leave: () => lab?.leave(),
    update: (state) => lab?.update(state),
    tick: (clock) => lab?.tick(clock),
    measure: () => lab?.measure(),
  };
}

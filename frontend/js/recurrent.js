// @ts-check
/** The Recurrent tab: a network is trained while one watches. Everything here is fetched when the tab is first opened. */

import { reachOf } from "./api/growing.js";
import { createQuestionsOfPlanes } from "./api/planes.js";
import { debounce } from "./lib/dom.js";
import { createLabPage } from "./labPage.js";
import { labTable } from "./labTables.js";
import { same } from "./state/canonical.js";
import { defaultRecurrent } from "./state/recurrent.js";
import { filled } from "./state/scenario.js";
import { createTraining } from "./training.js";

const SETTLE = 180;

/**
 * @param {{store: ReturnType<import("./state/store.js").createStore<any>>, client: any, playback: ReturnType<import("./playback.js").createPlayback>,
 *   openTable: (table: any) => void, root: () => HTMLElement, addNetwork: (create: any, state: any) => void,
 *   onChange: (change: (document: any) => any, options?: any) => void}} tools
 */
export function createRecurrent({ store, client, playback, openTable, root, addNetwork, onChange }) {
  const { clock } = playback;
  const planes = createQuestionsOfPlanes(client);
  let status = /** @type {string} */ ("waiting");
  let whereTo = Infinity;

  const training = createTraining({
    client,
    onRun(run) {
      store.note({ lab: run, refused: [] });
      adopt(run.experiment);
      clock.setLast(run.nSteps, reachOf(run));
      if (run.complete) clock.seek(whereTo);
      else clock.follow(whereTo);
    },
    onChunk(run) {
      clock.setLast(run.nSteps, reachOf(run));
      page.grow(run);
      playback.wake();
    },
    onState(next) {
      status = next;
      page.setStatus(next, store.get().session.lab);
      if (next === "complete") askPlane();
    },
    onRefused(refusal) {
      store.note({ refused: refusal.complaints });
      page.setRefusal(refusal);
    },
  });

  const page = createLabPage(root(), {
    onSeek: playback.seek,
    onMore: playback.wake,
    onChange,
    addNetwork,
    onCancel: () => {
      training.cancel();
      playback.pause();
    },
    onAgain: () => {
      playback.pause();
      clock.follow(Infinity);
      training.want(wanted(store.settled()), { again: true });
    },
    onLive: () => {
      clock.follow(Infinity);
      playback.wake();
    },
    onPlane: (plane) => {
      store.look({ plane });
      askPlane();
    },
    onTable: (which) => openTable(labTable(store.get().session.lab, which)),
    onSettings: () => store.note({ sheet: true }),
    onLens: (which) => page.setLens(which),
  });

  const wanted = (document) => filled(document, store.get().session.catalog).experiment;

  /** The server wrote out every default: keep that, so that links stay the same when defaults change. */
  const adopt = (experiment) => {
    const current = store.get().document;
    const asked = wanted(current);
    const full = { ...experiment, start: experiment.start ?? null };
    if (same({ ...asked, start: null }, full)) return;
    const kinds = ({ problem, task, init, n_steps: n, seed }) => [problem, task, init, n, seed];
    if (!same(kinds(asked), kinds(full)) || current !== store.settled()) return;
    training.adopt(full);
    store.adopt({ ...current, experiment: full });
  };

  const askPlane = async () => {
    const { document, session } = store.get();
    if (!session.lab?.complete) return;
    await planes.ask(session.lab, document.view.plane ?? null, (plane) => {
      page.setPlane(plane);
      playback.wake();
    });
  };

  const passing = debounce((document) => training.want(wanted(document)), SETTLE);

  return {
    opening: defaultRecurrent,
    /** A document that is here to stay. @param {any} document @param {number} step where the clock stops; Infinity: with the run */
    settle(document, step) {
      passing.cancel();
      whereTo = step;
      training.want(wanted(document));
    },
    /** A slider is being moved: the run follows when it rests for a moment. */
    pass: (document) => passing(document),
    leave() {
      passing.cancel();
      if (status === "waiting" || status === "running") training.cancel();
    },
    update: (state) => page.update(state),
    tick: (now) => page.tick(now),
    measure: () => page.measure(),
    shown: () => page.shown(),
  };
}

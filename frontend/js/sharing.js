// @ts-check
/** The share dialog and what it needs: links of what is on the screen, with what its maker adds to it. */

import { hideable } from "./state/hiding.js";
import { composeQuery } from "./state/readable.js";
import { filled, isNetwork, withView } from "./state/scenario.js";
import { createHideChoices } from "./views/hideChoices.js";
import { createShare } from "./views/share.js";

/** @param {{store: any, questions: any, address: any, moment: () => {step: number, paused?: true}}} options */
export function createSharing({ store, questions, address, moment }) {
  const hiding = createHideChoices(() => share.refresh());
  const share = createShare([hiding]);

  return {
    /** @param {any[]} presets */
    async open(presets) {
      const { document, session: { catalog } } = store.get();
      const { meta, ...bare } = filled(withView(document, moment()), catalog);
      const wished = (words) => ({ ...withView(bare, { hide: hiding.names() }), ...(Object.keys(words).length ? { meta: words } : {}) });
      hiding.update(hideable(bare.view.tab, isNetwork(bare, catalog)), bare.view.hide);
      await share.open({
        meta: meta ?? {},
        whole: (words) => address.linkTo(wished(words)),
        readable() {
          const query = composeQuery(wished({}), catalog, presets);
          return query === null ? null : address.readableTo(query);
        },
        store: (words) => questions.keep(wished(words)),
      });
    },
  };
}

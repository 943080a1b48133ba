// @ts-check
/** The share dialog and what it needs: links of what is on the screen, with what its maker adds to it. */

import { hideable } from "./state/hiding.js";
import { composeQuery } from "./state/readable.js";
import { same } from "./state/canonical.js";
import { filled, isNetwork, withView } from "./state/scenario.js";
import { createAskChoices } from "./views/askChoices.js";
import { createEmbedChoices } from "./views/embedChoices.js";
import { createHideChoices } from "./views/hideChoices.js";
import { createShare } from "./views/share.js";

const SPECIAL = "This comparison is too special for a readable link; the long link carries it.";
const OWN_WORDS = "A question in words of your own does not fit into a readable link; the long link carries it.";

/** @param {{store: any, questions: any, address: any, moment: () => {step: number, paused?: true}}} options */
export function createSharing({ store, questions, address, moment }) {
  const hiding = createHideChoices(() => share.refresh());
  const asking = createAskChoices(() => share.refresh());
  const embed = createEmbedChoices(() => share.refresh());
  const share = createShare([hiding, asking], embed);

  return {
    /** @param {any[]} presets */
    async open(presets) {
      const { document, session: { catalog, preset } } = store.get();
      const { meta, question, ...bare } = filled(withView(document, moment()), catalog);
      /** What plays after a question begins at its start. */
      const begun = (asked) => (asked ? { question: asked } : {});
      const seen = () => ({ hide: hiding.names(), ...(asking.question() ? { step: 0, paused: undefined } : {}) });
      const wished = (words) => ({ ...withView(bare, seen()), ...(Object.keys(words).length ? { meta: words } : {}), ...begun(asking.question()) });
      asking.update(bare.experiment, question, bare.view.tab === "map");
      embed.choose(bare.experiment, bare.view.tab);
      hiding.update(hideable(bare.view.tab, isNetwork(bare, catalog)), bare.view.hide);
      await share.open({
        meta: meta ?? (preset && same(preset.experiment, document.experiment) ? { title: preset.title } : {}),
        whole: (words) => address.linkTo(wished(words)),
        readable() {
          const query = composeQuery(wished({}), catalog, presets);
          if (query !== null) return { link: address.readableTo(query), why: "" };
          return { link: "", why: asking.question()?.text ? OWN_WORDS : SPECIAL };
        },
        store: (words) => questions.keep(wished(words)),
      });
    },
  };
}

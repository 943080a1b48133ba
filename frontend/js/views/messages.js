// @ts-check
/** Sentences about the whole page: the connection, a refusal, what was wrong with a link. */

import { fill, h, setText, show } from "../lib/dom.js";
import { icon } from "../lib/icons.js";

/** @param {HTMLElement} root @param {{onRetry: () => void, onDismiss: () => void}} listeners */
export function createMessages(root, { onRetry, onDismiss }) {
  const awayWords = h("span", {});
  const away = h("div", { class: "banner warning", role: "status", hidden: true }, icon("warning"), awayWords,
    h("button", { type: "button", class: "link", onclick: onRetry }, "Try now"));
  const refusalWords = h("span", {});
  const refusal = h("div", { class: "banner error", role: "alert", hidden: true }, icon("warning"), refusalWords);
  const remarkWords = h("span", {});
  const remarks = h("div", { class: "banner note", role: "status", hidden: true }, icon("help"), remarkWords,
    h("button", { type: "button", class: "link", onclick: onDismiss }, "Dismiss"));
  fill(root, away, refusal, remarks);
  let timer = 0;

  const awaySentence = (connection, hasPicture) => {
    const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
    const next = seconds > 0 ? `trying again in ${seconds} s` : "trying again now";
    return `${connection.reason}: ${next}.${hasPicture ? " The last picture stays." : ""}`;
  };

  return {
    update({ document, session }) {
      const { connection, refusal: refused, remarks: words } = session;
      const result = session[{ compare: "result", recurrent: "lab", map: "sweep" }[document.view.tab]];
      const isAway = connection.state === "away";
      show(away, isAway);
      clearInterval(timer);
      if (isAway) {
        const say = () => setText(awayWords, awaySentence(connection, Boolean(result)));
        say();
        timer = setInterval(say, 1000);
      }
      show(refusal, Boolean(refused));
      setText(refusalWords, refused ?? "");
      show(remarks, words.length > 0);
      setText(remarkWords, words.join(" "));
    },
  };
}

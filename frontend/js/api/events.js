// @ts-check
/** Server-sent events read from the body of an answer while it comes: `fetch` can POST, the browser's EventSource cannot. */

import { Unavailable, errorIn } from "./errors.js";

const CUT_OFF = "The connection broke while the run was being computed";

/**
 * Call `onEvent` for each event, until "end". Throws Unavailable where the stream breaks off, Refusal for an error that the server tells.
 * @param {Response} response @param {(name: string, data: any) => void} onEvent
 */
export async function readEvents(response, onEvent) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await piece(reader);
    if (done) throw new Unavailable(CUT_OFF);
    text += decoder.decode(value, { stream: true });
    const blocks = text.split("\n\n");
    text = /** @type {string} */ (blocks.pop());
    for (const block of blocks) {
      const { name, data } = parsed(block);
      if (name === "error") throw errorIn(data);
      onEvent(name, data);
      if (name === "end") return reader.cancel();
    }
  }
}

async function piece(reader) {
  try {
    return await reader.read();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unavailable(CUT_OFF);
  }
}

/** One event: lines of `field: value`; several data lines are one text. @param {string} block */
function parsed(block) {
  const lines = block.split("\n");
  const values = (field) => lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).trimStart());
  return { name: values("event")[0] ?? "message", data: JSON.parse(values("data").join("\n") || "null") };
}

// @ts-check
/** Raw deflate with the browser's own streams. Inflating stops at a bound, so that no link can fill the memory. */

/** Why a text could not be inflated: "damaged" or "too large". */
export class InflateError extends Error {
  /** @param {"damaged" | "too large"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** @param {string} text @returns {Promise<Uint8Array>} */
export async function deflate(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Inflate to text; throws InflateError when the bytes are damaged or hold more than `limit` bytes.
 * @param {Uint8Array<ArrayBuffer>} bytes @param {number} limit
 */
export async function inflate(bytes, limit) {
  const reader = inflated(bytes).getReader();
  const parts = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) throw new InflateError("too large");
      parts.push(value);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(parts).arrayBuffer());
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error instanceof InflateError ? error : new InflateError("damaged");
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {ReadableStream<Uint8Array<ArrayBuffer>>} */
function inflated(bytes) {
  return /** @type {any} */ (new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")));
}

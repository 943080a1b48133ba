// @ts-check
/** Arrays as they travel: nested lists, or base64 blocks of little-endian numbers. */

/** @typedef {Float32Array | Float64Array | Uint8Array | Int32Array} Numbers */
/** @typedef {{data: Numbers, shape: number[]}} Block */

const TYPES = { f4: Float32Array, f8: Float64Array, u1: Uint8Array, i4: Int32Array };

/** Bytes of a base64 text. @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native.call(Uint8Array, text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Base64 with the alphabet of addresses and without padding. @param {Uint8Array} bytes */
export function base64url(bytes) {
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Bytes of base64url text; throws where it is none. @param {string} text */
export function bytesOfUrl(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new RangeError("not base64url");
  return bytesOf(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
}

/**
 * One array of an answer: flat numbers and their shape. Null in a list is a number that is not finite.
 * @param {any} wire @returns {Block}
 */
export function decodeArray(wire) {
  if (wire && typeof wire.bdata === "string") {
    const Type = TYPES[wire.dtype];
    const bytes = bytesOf(wire.bdata);
    return { data: new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT), shape: wire.shape };
  }
  const shape = shapeOf(wire);
  const flat = shape.length > 1 ? wire.flat(shape.length - 1) : wire;
  return { data: Float64Array.from(flat, (value) => (value === null ? NaN : Number(value))), shape };
}

function shapeOf(list) {
  const shape = [];
  for (let level = list; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** Smallest and largest finite number; [0, 1] when there is none. @param {ArrayLike<number>} data */
export function extent(data) {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < data.length; index += 1) {
    const value = data[index];
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

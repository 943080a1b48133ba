// @ts-check
/** Numbers and words as people read them. */

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number} exponent */
function superscript(exponent) {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)]);
  return exponent < 0 ? `⁻${digits}` : digits;
}

/** A text as a power: 12 becomes ¹², t becomes ᵗ. @param {string} text */
export function raised(text) {
  return text.replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)]).replace("t", "ᵗ");
}

/** Drop zeros that say nothing: 1.500 -> 1.5. @param {string} text */
function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * A number for reading: three digits, a real minus sign, powers of ten where there would be too many zeros.
 * @param {number | null | undefined} value @param {number} [digits]
 */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text = size >= 1e5 || size < 1e-3 ? scientific(size, digits) : trimmed(size.toPrecision(digits));
  const plainText = /e/.test(text) ? trimmed(String(Number(text))) : text;
  return value < 0 ? `−${plainText}` : plainText;
}

function scientific(size, digits) {
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  return `${trimmed(mantissa)}\u202f×\u202f10${superscript(Number(exponent))}`;
}

/** A number with a fixed count of decimals, so that it does not dance while it changes. */
export function fixed(value, decimals) {
  if (!Number.isFinite(value)) return number(value);
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** An angle; less than a hundredth of a degree is rounding. @param {number} value */
export function degrees(value) {
  return Number.isFinite(value) ? `${number(Math.round(value * 100) / 100, 4)}°` : "–";
}

/** A pair of coordinates, which no line break parts. */
export function point(x, y, digits = 3) {
  return `(${number(x, digits)},\u00a0${number(y, digits)})`;
}

/** A tick label: short, a power of ten where that is shorter. @param {number} value */
export function tick(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e4 || size < 1e-2) {
    const exponent = Math.floor(Math.log10(size) + 1e-9);
    const mantissa = trimmed((size / 10 ** exponent).toPrecision(3));
    const sign = value < 0 ? "−" : "";
    return mantissa === "1" ? `${sign}10${superscript(exponent)}` : `${sign}${mantissa}·10${superscript(exponent)}`;
  }
  return (value < 0 ? "−" : "") + trimmed(size.toPrecision(6));
}

/** A number for a text field: what was meant, without rounding noise, in plain ASCII. @param {number} value */
export function typed(value) {
  return String(Number(value.toPrecision(6)));
}

/** Read what somebody typed: comma or point, any minus sign. NaN when it is no number. @param {string} text */
export function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** @param {number} fraction */
export function percent(fraction) {
  if (fraction > 0 && fraction < 0.01) return "under 1 %";
  if (fraction > 0.99 && fraction < 1) return "over 99 %";
  return `${Math.round(fraction * 100)} %`;
}

/** "1 step", "3 steps". */
export function count(amount, noun) {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Capitalised first letter. @param {string} text */
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// @ts-check
/** Ticks and notches: where numbers stand on a linear or a logarithmic axis. */

const STEPS = [1, 2, 5, 10];

/** A step of 1, 2 or 5 times a power of ten that makes about `count` parts. */
function niceStep(span, count) {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = STEPS.find((step) => step * power >= rough * 0.999) ?? 10;
  return factor * power;
}

/** Round values inside [low, high], about `count` of them. @returns {number[]} */
export function linearTicks(low, high, count) {
  if (!(high > low)) return [low];
  const step = niceStep(high - low, count);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** Powers of ten inside [low, high], thinned to about `count`; 1-2-5 when the span is short, even steps when it is tiny. @returns {number[]} */
export function logTicks(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) {
    const short = shortLogTicks(low, high);
    return short.length > 1 ? short : linearTicks(low, high, count);
  }
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks = [];
  for (let exponent = Math.ceil(first / every) * every; exponent <= last; exponent += every) ticks.push(10 ** exponent);
  return ticks;
}

function shortLogTicks(low, high) {
  const ticks = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent += 1) {
    for (const step of [1, 2, 5]) {
      const value = step * 10 ** exponent;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(Number(value.toPrecision(6)));
    }
  }
  return ticks;
}

/**
 * The values a slider offers, rounded so that they read well, each one once.
 * @param {{low: number, high: number, scale: "linear" | "log", integer?: boolean, count?: number}} range
 * @returns {number[]}
 */
export function notches({ low, high, scale, integer = false, count = 41 }) {
  const values = Array.from({ length: count }, (_, index) => {
    const share = index / (count - 1);
    const value = scale === "log" ? low * (high / low) ** share : low + (high - low) * share;
    if (integer) return Math.round(value);
    if (index === 0) return low;
    if (index === count - 1) return high;
    return scale === "log" ? Number(value.toPrecision(2)) : rounded(value, (high - low) / (count - 1));
  });
  return values.filter((value, index) => index === 0 || value > values[index - 1]);
}

/** Round to a tenth of the distance between two notches. */
function rounded(value, distance) {
  const decimals = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(distance))));
  return Number(value.toFixed(decimals));
}

/** Index of the entry nearest to `value`; on a logarithmic scale nearest by ratio. @param {number[]} values */
export function nearest(values, value, scale = "linear") {
  const place = scale === "log" ? (v) => Math.log(Math.max(v, 1e-300)) : (v) => v;
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if (Math.abs(place(values[index]) - place(value)) < Math.abs(place(values[best]) - place(value))) best = index;
  }
  return best;
}

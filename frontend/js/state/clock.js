// @ts-check
/** The one clock of all panels and curves: a step with a fraction, how fast it runs, and whether it runs. */

export const STEPS_PER_SECOND = 20;
export const SLOW_SECONDS_PER_STEP = 5;
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/**
 * Steps per second at a step, at speed 1. The first steps decide most runs, so the clock starts at a fifth of its pace and
 * reaches it after 32 steps.
 */
export function pace(step) {
  return STEPS_PER_SECOND * Math.min(1, 0.2 + step / 40);
}

/** Phases of one update in slow motion. */
export const PHASES = 4;

export function createClock() {
  let step = 0;
  let last = 0;
  /** Steps that have arrived: a run that is being computed can be watched so far. */
  let reach = Infinity;
  /** Until where the newest step is followed; null: not. @type {number | null} */
  let target = null;
  let playing = false;
  let slow = false;
  let speed = 1;

  /** Held at the start, whatever anybody asks of it. */
  let held = false;

  const clamp = (value) => (held ? 0 : Math.max(0, Math.min(last, reach, value)));
  const stop = () => {
    playing = false;
    target = null;
  };
  /** Glide to the newest step, or be there at once; stop where it was to stop. */
  const catchUp = (seconds) => {
    const goal = clamp(/** @type {number} */ (target));
    step = seconds === 0 || goal - step < 1 || goal < step ? goal : step + (goal - step) * Math.min(1, seconds * 12);
    if (step >= Math.min(last, /** @type {number} */ (target))) stop();
    return true;
  };
  return {
    /** Step with its fraction. */
    get position() {
      return step;
    },
    /** Whole step that is shown with its numbers. */
    get step() {
      return Math.min(last, Math.floor(step + 1e-9));
    },
    get last() {
      return last;
    },
    get reach() {
      return Math.min(last, reach);
    },
    get following() {
      return target !== null;
    },
    get playing() {
      return playing;
    },
    get held() {
      return held;
    },
    get slow() {
      return slow;
    },
    get atEnd() {
      return step >= last;
    },
    /** How far the head has moved from this step to the next; in slow motion it moves in the last phase only. */
    get travel() {
      const fraction = step - Math.floor(step + 1e-9);
      return slow ? Math.max(0, fraction * PHASES - (PHASES - 1)) : Math.max(0, fraction);
    },
    /** 0 .. PHASES - 1: gradient, clip, direction, move. */
    get phase() {
      const fraction = Math.max(0, step - Math.floor(step + 1e-9));
      return Math.min(PHASES - 1, Math.floor(fraction * PHASES));
    },
    /** @param {number} value @param {number} [arrived] */
    setLast(value, arrived = Infinity) {
      last = Math.max(0, value);
      reach = arrived;
      step = clamp(step);
    },
    seek(value) {
      step = clamp(value);
      if (target !== null) stop();
    },
    /** @param {boolean} value */
    hold(value) {
      held = value;
      if (held) stop();
      step = clamp(step);
    },
    play() {
      if (held) return;
      if (step >= last) step = 0;
      playing = true;
      if (step >= reach) target = last;
    },
    /** Keep up with the newest step, until `value`. */
    follow(value = Infinity) {
      if (held) return;
      playing = true;
      target = value;
    },
    pause() {
      stop();
      if (!slow) step = clamp(Math.round(step));
    },
    setSlow(value) {
      slow = value;
      if (!value) step = clamp(Math.round(step));
    },
    setSpeed(value) {
      speed = value;
    },
    /** Let `seconds` pass; returns whether anything moved. Stops at the end. @param {number} seconds */
    advance(seconds) {
      if (!playing) return false;
      if (target !== null) return catchUp(seconds);
      step = clamp(step + seconds * speed * (slow ? 1 / SLOW_SECONDS_PER_STEP : pace(step)));
      if (step >= last) playing = false;
      return true;
    },
  };
}

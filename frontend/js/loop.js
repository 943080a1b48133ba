// @ts-check
/** The one animation loop of the page. It sleeps when nothing moves. */

const LONGEST_FRAME = 0.1;

/**
 * @param {{clock: ReturnType<import("./state/clock.js").createClock>, onFrame: () => void, onRest: () => void}} options
 * `onRest` is called when a run of frames has come to its end
 */
export function createLoop({ clock, onFrame, onRest }) {
  let scheduled = 0;
  let last = 0;
  let moving = false;

  const frame = (time) => {
    scheduled = 0;
    const seconds = last ? Math.min(LONGEST_FRAME, (time - last) / 1000) : 0;
    last = clock.playing ? time : 0;
    const moved = clock.advance(seconds);
    onFrame();
    if (clock.playing) wake();
    else if (moving || moved) onRest();
    moving = clock.playing;
  };
  const wake = () => {
    if (!scheduled) scheduled = requestAnimationFrame(frame);
  };
  /** Whether everything is drawn and nothing moves. */
  const resting = () => !scheduled;
  return { wake, resting };
}

// @ts-check
/** The clock in the visitor's hands: play, step, scrub, slow motion; and the loop that draws while it runs. */

import { createLoop } from "./loop.js";
import { PHASES, createClock } from "./state/clock.js";

/**
 * @param {{onFrame: (clock: ReturnType<typeof createClock>) => void, onPlay: () => void, onRest: () => void,
 *   onSlow: (slow: boolean) => void}} listeners
 */
export function createPlayback({ onFrame, onPlay, onRest, onSlow }) {
  const clock = createClock();
  const loop = createLoop({ clock, onFrame: () => onFrame(clock), onRest });

  const seek = (step) => {
    clock.pause();
    clock.seek(step);
    loop.wake();
    onRest();
  };
  const play = () => {
    clock.play();
    onPlay();
    loop.wake();
  };
  /** In slow motion a step of the player is one line of the arithmetic. */
  const line = (direction) => (Math.floor(clock.position * PHASES + 1e-6) + direction) / PHASES;

  return {
    clock,
    seek,
    wake: loop.wake,
    resting: loop.resting,
    stepBy: (direction, size = 1) => seek(clock.slow && size === 1 ? line(direction) : Math.round(clock.position) + direction * size),
    pause() {
      clock.pause();
      loop.wake();
    },
    restart() {
      clock.seek(0);
      play();
    },
    toggle() {
      if (clock.playing) seek(clock.slow ? clock.position : Math.round(clock.position));
      else play();
    },
    setSlow(slow) {
      clock.setSlow(slow);
      onSlow(slow);
      if (slow && clock.atEnd) clock.seek(0);
      loop.wake();
      onRest();
    },
  };
}

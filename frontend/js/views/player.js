// @ts-check
/** The player: play, pause, step, step back, scrub, speed, slow motion. */

import { fill, h, setText } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { SPEEDS } from "../state/clock.js";

/**
 * @param {HTMLElement} root
 * @param {{onPlay: () => void, onStep: (direction: -1 | 1) => void, onSeek: (step: number) => void, onSpeed: (speed: number) => void,
 *   onSlow: (slow: boolean) => void, onControls: () => void}} listeners
 */
export function createPlayer(root, { onPlay, onStep, onSeek, onSpeed, onSlow, onControls }) {
  const button = (name, label, onclick, extra = "") =>
    h("button", { type: "button", class: `player-button ${extra}`, "aria-label": label, title: label, onclick }, icon(name));
  const play = button("play", "Play (space)", onPlay, "primary");
  const first = button("first", "First step (Home)", () => onSeek(0));
  const back = button("back", "One step back (left arrow)", () => onStep(-1));
  const forward = button("forward", "One step forward (right arrow)", () => onStep(1));
  const last = button("last", "Last step (End)", () => onSeek(Infinity));
  const slider = h("input", { type: "range", class: "scrub", "data-control": "player", min: 0, max: 0, step: 1, value: 0, "aria-label": "Step" });
  slider.addEventListener("input", () => onSeek(Number(slider.value)));
  const unit = h("span", {}, "step ");
  const step = h("b", { class: "player-now" }, "0");
  const total = h("span", { class: "player-total" });
  const speed = h("select", { class: "player-speed", "aria-label": "Speed" }, SPEEDS.map((value) => h("option", { value }, `${value}×`)));
  speed.addEventListener("change", () => onSpeed(Number(speed.value)));
  const slow = h("button", { type: "button", class: "toggle", "aria-pressed": "false", title: "Show the arithmetic of every update", onclick: () => onSlow(slow.getAttribute("aria-pressed") !== "true") }, icon("slow"), h("span", {}, "Slow motion"));
  const sheet = h("button", { type: "button", class: "player-button sheet-toggle", "aria-label": "Settings", "aria-expanded": "false", "aria-controls": "controls", onclick: onControls }, icon("sliders"));
  fill(root,
    sheet,
    h("div", { class: "transport", "data-control": "player" }, first, back, play, forward, last),
    slider,
    h("div", { class: "player-step", "data-control": "player" }, unit, step, total),
    h("div", { class: "player-more", "data-control": "player speed" }, h("label", { class: "speed-label" }, h("span", {}, "Speed"), speed), slow));
  let shown = { step: -1, last: -1, reach: -1, playing: /** @type {boolean | null} */ (null) };

  return {
    update({ document, session }) {
      setText(unit, document.view.tab === "recurrent" ? "update " : "step ");
      const value = String(SPEEDS.includes(document.view.speed) ? document.view.speed : "");
      if (value && speed.value !== value) speed.value = value;
      if (!value && !speed.querySelector("[data-own]")) speed.append(h("option", { value: document.view.speed, "data-own": true, selected: true }, `${document.view.speed}×`));
      slow.setAttribute("aria-pressed", String(Boolean(document.view.slow)));
      sheet.setAttribute("aria-expanded", String(Boolean(session.sheet)));
    },
    /** @param {{step: number, last: number, reach: number, playing: boolean}} clock */
    tick(clock) {
      if (clock.playing !== shown.playing) {
        fill(play, icon(clock.playing ? "pause" : "play"));
        play.setAttribute("aria-label", clock.playing ? "Pause (space)" : "Play (space)");
        play.title = clock.playing ? "Pause (space)" : "Play (space)";
      }
      if (clock.last !== shown.last) {
        slider.max = String(clock.last);
        setText(total, ` / ${clock.last}`);
      }
      if (clock.reach !== shown.reach || clock.last !== shown.last) slider.style.setProperty("--reach", String(clock.last ? clock.reach / clock.last : 1));
      if (clock.step !== shown.step || clock.last !== shown.last) {
        slider.value = String(clock.step);
        slider.setAttribute("aria-valuetext", `${unit.textContent}${clock.step} of ${clock.last}`);
        slider.style.setProperty("--share", String(clock.last ? clock.step / clock.last : 0));
        setText(step, String(clock.step));
      }
      shown = { step: clock.step, last: clock.last, reach: clock.reach, playing: clock.playing };
    },
  };
}

// @ts-check
/** Asking for a plane through the weights of a finished run. */

import { Refusal } from "./errors.js";
import { decodePlane } from "./growing.js";
import { createLatest } from "./latest.js";

const GRID = 41;
const DEFAULT = { kind: "path", params: {} };

/** @param {any} client */
export function createQuestionsOfPlanes(client) {
  const latest = createLatest();
  return {
    /**
     * @param {import("./growing.js").Growing} run @param {any} plane null: through the paths
     * @param {(answer: {surface: import("./growing.js").PlaneSurface | null, refused: string}) => void} show
     */
    async ask({ experiment }, plane, show) {
      const { start, ...rest } = experiment;
      const body = { version: 1, experiment: rest, plane: plane ?? DEFAULT, resolution: GRID };
      try {
        const surface = await latest.run((signal) => client.ask("surface?arrays=base64", body, decodePlane, signal));
        if (surface) show({ surface, refused: "" });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        show({ surface: null, refused: error.complaints.map(({ what, remedy }) => `${what}${remedy ? `: ${remedy}` : ""}`).join(" ") || error.message });
      }
    },
    stop: () => latest.stop(),
  };
}

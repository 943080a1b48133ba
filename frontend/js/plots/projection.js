// @ts-check
/** From a place in parameter space to a pixel of the panel: flat for the map, with a camera for the 3-D view. */

/**
 * @typedef {{to: (x: number, y: number, z: number) => [number, number], from: ((px: number, py: number) => [number, number]) | null,
 *   inside: (x: number, y: number) => boolean, box: import("./contour.js").Box, flat: boolean}} Projection
 */

/** @param {number[][]} window @param {import("./contour.js").Box} box @returns {Projection} */
export function flatProjection([[x0, x1], [y0, y1]], box) {
  const [kx, ky] = [box.width / (x1 - x0), box.height / (y1 - y0)];
  const bottom = box.top + box.height;
  return {
    to: (x, y) => [box.left + (x - x0) * kx, bottom - (y - y0) * ky],
    from: (px, py) => [x0 + (px - box.left) / kx, y0 + (bottom - py) / ky],
    inside: (x, y) => x >= x0 && x <= x1 && y >= y0 && y <= y1,
    box,
    flat: true,
  };
}

/**
 * With the matrix of a 3-D scene (16 numbers, columns first) that maps scene coordinates to clip space.
 * @param {ArrayLike<number>} matrix @param {(x: number, y: number, z: number) => number[]} toScene
 * @param {number[][]} window @param {import("./contour.js").Box} box @returns {Projection}
 */
export function cameraProjection(matrix, toScene, [[x0, x1], [y0, y1]], box) {
  const m = matrix;
  return {
    to(x, y, z) {
      const [a, b, c] = toScene(x, y, z);
      const w = m[3] * a + m[7] * b + m[11] * c + m[15];
      const u = (m[0] * a + m[4] * b + m[8] * c + m[12]) / w;
      const v = (m[1] * a + m[5] * b + m[9] * c + m[13]) / w;
      return [box.left + ((u + 1) / 2) * box.width, box.top + ((1 - v) / 2) * box.height];
    },
    from: null,
    inside: (x, y) => x >= x0 && x <= x1 && y >= y0 && y <= y1,
    box,
    flat: false,
  };
}

/**
 * Pixels of a whole path, interleaved. In 3-D a point outside the window has no height, so it is NaN: the path is broken there.
 * @param {Projection} projection @param {ArrayLike<number>} params @param {ArrayLike<number>} loss
 */
export function screenPath(projection, params, loss) {
  const pixels = new Float64Array(loss.length * 2);
  for (let index = 0; index < loss.length; index += 1) {
    const [x, y] = [params[2 * index], params[2 * index + 1]];
    const visible = projection.flat || projection.inside(x, y);
    const [px, py] = visible ? projection.to(x, y, loss[index]) : [NaN, NaN];
    pixels[2 * index] = px;
    pixels[2 * index + 1] = py;
  }
  return pixels;
}

/**
 * The part of a segment that lies in the box, or null (Liang and Barsky, 1984). Keeps far-away points out of the canvas.
 * @param {import("./contour.js").Box} box @returns {[number, number, number, number] | null}
 */
export function clipSegment(x0, y0, x1, y1, box) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (!Number.isFinite(dx) || !Number.isFinite(dy)) return null;
  let [enter, leave] = [0, 1];
  const sides = [[-dx, x0 - box.left], [dx, box.left + box.width - x0], [-dy, y0 - box.top], [dy, box.top + box.height - y0]];
  for (const [along, room] of sides) {
    if (along === 0) {
      if (room < 0) return null;
    } else if (along < 0) {
      enter = Math.max(enter, room / along);
    } else {
      leave = Math.min(leave, room / along);
    }
  }
  return enter <= leave ? [x0 + enter * dx, y0 + enter * dy, x0 + leave * dx, y0 + leave * dy] : null;
}

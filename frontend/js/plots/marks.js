// @ts-check
/** Small shapes: the head of a path, its start, the minimum, arrow heads. */

/** Trace a marker of radius `r` around (x, y). @param {CanvasRenderingContext2D} context */
export function traceShape(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === "square") context.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "triangle") polygon(context, x, y + r * 0.15, r * 1.2, 3, -Math.PI / 2);
  else polygon(context, x, y, r * 1.25, 4, 0);
}

function polygon(context, x, y, r, corners, turn) {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    const [px, py] = [x + r * Math.cos(angle), y + r * Math.sin(angle)];
    if (corner === 0) context.moveTo(px, py);
    else context.lineTo(px, py);
  }
  context.closePath();
}

/** A filled marker with a rim that keeps it apart from whatever is below. */
export function drawMarker(context, style, x, y, r, rim) {
  traceShape(context, style.shape, x, y, r);
  context.fillStyle = style.colour;
  context.strokeStyle = rim;
  context.lineWidth = Math.max(1.5, r * 0.35);
  context.stroke();
  context.fill();
}

/** A ring with a dot: where every path starts. */
export function drawStart(context, x, y, r, ink, rim) {
  for (const [colour, width] of [[rim, 4], [ink, 1.75]]) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = Number(width);
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, r * 0.28, 0, 2 * Math.PI);
  context.fillStyle = ink;
  context.fill();
}

/** The known minima that lie on the map. @param {import("../api/results.js").Surface | null} surface */
export function minimaIn(surface) {
  if (!surface) return [];
  const { minimizers, window: [[x0, x1], [y0, y1]] } = surface;
  return minimizers.filter(([x, y]) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
}

/** A small cross: a known minimum. */
export function drawMinimum(context, x, y, r, ink, rim) {
  for (const [colour, width] of [[rim, 4], [ink, 1.75]]) {
    context.beginPath();
    context.moveTo(x - r, y);
    context.lineTo(x + r, y);
    context.moveTo(x, y - r);
    context.lineTo(x, y + r);
    context.strokeStyle = colour;
    context.lineWidth = Number(width);
    context.stroke();
  }
}

/**
 * An arrow from (x0, y0) to (x1, y1).
 * @param {CanvasRenderingContext2D} context @param {{colour: string, width: number, dash?: number[], rim?: string, head?: number}} look
 */
export function drawArrow(context, x0, y0, x1, y1, { colour, width, dash = [], rim, head = 7 }) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 0.5)) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const tip = Math.min(head, length * 0.6);
  const [bx, by] = [x1 - ux * tip * 0.8, y1 - uy * tip * 0.8];
  const stroke = (style, lineWidth, pattern) => {
    context.strokeStyle = style;
    context.lineWidth = lineWidth;
    context.setLineDash(pattern);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(bx, by);
    context.stroke();
  };
  if (rim) stroke(rim, width + 2.5, []);
  stroke(colour, width, dash);
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - ux * tip - uy * tip * 0.5, y1 - uy * tip + ux * tip * 0.5);
  context.lineTo(x1 - ux * tip + uy * tip * 0.5, y1 - uy * tip - ux * tip * 0.5);
  context.closePath();
  if (rim) {
    context.strokeStyle = rim;
    context.lineWidth = 2;
    context.stroke();
  }
  context.fillStyle = colour;
  context.fill();
}

// @ts-check
/**
 * A drawing context that writes SVG: what the page's painters do on a canvas becomes lines, shapes and text that stay sharp at every size.
 * It knows the part of CanvasRenderingContext2D that they use. Colours are written as a hexadecimal number and an opacity, places without
 * `dominant-baseline`, pictures as `xlink:href`: what office programs and old viewers understand.
 */

/** Share of the font size from where a canvas puts a text to its baseline. */
const DROPS = { alphabetic: 0, bottom: -0.22, middle: 0.345, top: 0.79 };
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text or attribute value as XML; what XML cannot hold is left out. @param {string} text */
export function escaped(text) {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "").replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
}

/** @param {number} value */
const short = (value) => String(Math.round(value * 100) / 100);

/** A colour in two parts: hexadecimal, and opacity. @param {string} colour */
export function inkOf(colour) {
  const parts = /^rgba?\(([^)]+)\)$/.exec(colour);
  if (!parts) return { colour, opacity: 1 };
  const [red, green, blue, alpha = 1] = parts[1].split(",").map(Number);
  return { colour: `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`, opacity: alpha };
}

let ruler = /** @type {CanvasRenderingContext2D | null} */ (null);

/** Width of a line of text. @param {string} font as of a canvas @param {string} text */
export function widthOf(font, text) {
  ruler ??= /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  ruler.font = font;
  return ruler.measureText(text).width;
}

/**
 * @param {number} width @param {number} height
 * @returns {any} a context; `open` and `close` make groups, `finished` is the SVG
 */
export function createVector(width, height) {
  const body = /** @type {string[]} */ ([]);
  const definitions = /** @type {string[]} */ ([]);
  const pictures = new Map();
  let path = /** @type {string[]} */ ([]);
  /** Whether the path is one run of lines, and its points. */
  let points = /** @type {string[] | null} */ ([]);
  let dash = /** @type {number[]} */ ([]);
  let clip = /** @type {number[] | null} */ (null);
  /** The rectangle that was traced last. */
  let traced = [0, 0, 0, 0];
  const regions = /** @type {string[]} */ ([]);
  const saved = /** @type {any[]} */ ([]);

  const attributes = (values) => Object.entries(values).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => ` ${name}="${escaped(String(value))}"`).join("");
  const element = (name, values, inner = "") => {
    const shut = inner ? `>${inner}</${name}>` : "/>";
    body.push(`<${name}${attributes({ ...values, "clip-path": clip ? `url(#clip${regions.indexOf(clip.join())})` : "" })}${shut}`);
  };
  const painted = (kind, colour, alpha) => {
    const ink = inkOf(colour);
    const opacity = ink.opacity * alpha;
    return { [kind]: ink.colour, [`${kind}-opacity`]: opacity < 1 ? short(opacity) : undefined };
  };
  const shape = (values) => {
    if (points && points.length > 1) element(path[path.length - 1] === "Z" ? "polygon" : "polyline", { points: points.join(" "), ...values });
    else if (path.length) element("path", { d: path.join(""), ...values });
  };
  const move = (x, y) => {
    const place = `${short(x)},${short(y)}`;
    points = path.length === 0 ? [place] : null;
    path.push(`M${place}`);
  };
  const line = (x, y) => {
    if (path.length === 0) return move(x, y);
    const place = `${short(x)},${short(y)}`;
    points?.push(place);
    path.push(`L${place}`);
  };
  const curve = (text) => {
    points = null;
    path.push(text);
  };
  const stroke = () => ({
    fill: "none", ...painted("stroke", context.strokeStyle, context.globalAlpha), "stroke-width": short(context.lineWidth),
    "stroke-dasharray": dash.length ? dash.map(short).join(" ") : undefined,
    "stroke-linecap": context.lineCap === "butt" ? undefined : context.lineCap, "stroke-linejoin": context.lineJoin === "miter" ? undefined : context.lineJoin,
  });
  const box = (x, y, w, h) => ({ x: short(Math.min(x, x + w)), y: short(Math.min(y, y + h)), width: short(Math.abs(w)), height: short(Math.abs(h)) });
  const fontParts = () => /** @type {RegExpExecArray} */ (/^(?:(italic) )?(?:(\d+) )?([\d.]+)px (.*)$/.exec(context.font));
  const write = (text, x, y, most, look) => {
    const [, style, weight, size, family] = fontParts();
    const wide = most !== undefined && widthOf(context.font, text) > most ? { textLength: short(most), lengthAdjust: "spacingAndGlyphs" } : {};
    element("text", {
      x: short(x), y: short(y + DROPS[context.textBaseline] * Number(size)), "font-family": family, "font-size": short(Number(size)), "font-style": style,
      "font-weight": weight === "400" ? undefined : weight, "text-anchor": ANCHORS[context.textAlign] === "start" ? undefined : ANCHORS[context.textAlign], ...wide, ...look,
    }, escaped(text));
  };

  const context = {
    strokeStyle: "#000000", fillStyle: "#000000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", globalAlpha: 1,
    font: "16px sans-serif", textAlign: "left", textBaseline: "alphabetic", imageSmoothingEnabled: true,
    beginPath() {
      [path, points] = [[], []];
    },
    moveTo: move,
    lineTo: line,
    closePath() {
      if (path.length) path.push("Z");
    },
    rect(x, y, w, h) {
      traced = [x, y, x + w, y + h].map((value) => Number(short(value)));
      curve(`M${short(x)},${short(y)}h${short(w)}v${short(h)}h${short(-w)}Z`);
    },
    roundRect(x, y, w, h, r) {
      const arc = (dx, dy) => `a${short(r)},${short(r)} 0 0 1 ${short(dx)},${short(dy)}`;
      curve(`M${short(x + r)},${short(y)}h${short(w - 2 * r)}${arc(r, r)}v${short(h - 2 * r)}${arc(-r, r)}h${short(2 * r - w)}${arc(-r, -r)}v${short(2 * r - h)}${arc(r, -r)}Z`);
    },
    arc(x, y, r, from, to, backwards = false) {
      const at = (angle) => `${short(x + r * Math.cos(angle))},${short(y + r * Math.sin(angle))}`;
      const size = `${short(r)},${short(r)}`;
      const start = `${path.length ? "L" : "M"}${at(from)}`;
      const begin = path[path.length - 1] === `M${at(from)}` ? "" : Math.abs(to - from) >= 2 * Math.PI ? `M${at(from)}` : start;
      if (Math.abs(to - from) >= 2 * Math.PI) return curve(`${begin}A${size} 0 1 1 ${at(from + Math.PI)}A${size} 0 1 1 ${at(from)}Z`);
      const [span, sweep] = backwards ? [from - to, 0] : [to - from, 1];
      const turned = ((span % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
      curve(`${begin}A${size} 0 ${turned > Math.PI ? 1 : 0} ${sweep} ${at(to)}`);
    },
    stroke: () => shape(stroke()),
    fill: () => shape(painted("fill", context.fillStyle, context.globalAlpha)),
    fillRect: (x, y, w, h) => element("rect", { ...box(x, y, w, h), ...painted("fill", context.fillStyle, context.globalAlpha) }),
    strokeRect: (x, y, w, h) => element("rect", { ...box(x, y, w, h), ...stroke() }),
    fillText: (text, x, y, most) => write(text, x, y, most, painted("fill", context.fillStyle, context.globalAlpha)),
    strokeText: (text, x, y, most) => write(text, x, y, most, { ...stroke(), "stroke-linejoin": "round" }),
    measureText: (text) => ({ width: widthOf(context.font, text) }),
    setLineDash: (next) => {
      dash = [...next];
    },
    /** The painters cut by rectangles only. */
    clip() {
      const [left, top, right, bottom] = clip ? traced.map((value, side) => (side < 2 ? Math.max : Math.min)(value, /** @type {number[]} */ (clip)[side])) : traced;
      clip = [left, top, Math.max(left, right), Math.max(top, bottom)];
      if (regions.includes(clip.join())) return;
      definitions.push(`<clipPath id="clip${regions.length}"><rect${attributes(box(left, top, clip[2] - left, clip[3] - top))}/></clipPath>`);
      regions.push(clip.join());
    },
    save() {
      const { strokeStyle, fillStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline } = context;
      saved.push([{ strokeStyle, fillStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline }, dash, clip]);
    },
    restore() {
      const [look, dashes, region] = saved.pop() ?? [{}, [], null];
      Object.assign(context, look);
      [dash, clip] = [dashes, region];
    },
    /** A picture as a whole. The same one twice is stored once. @param {HTMLCanvasElement} canvas */
    drawImage(canvas, x, y, w, h) {
      if (!pictures.has(canvas)) {
        pictures.set(canvas, `picture${pictures.size}`);
        definitions.push(`<image id="${pictures.get(canvas)}" width="${short(w)}" height="${short(h)}" preserveAspectRatio="none" xlink:href="${canvas.toDataURL("image/png")}"/>`);
      }
      element("use", { "xlink:href": `#${pictures.get(canvas)}`, x: short(x), y: short(y) });
    },
    /** Begin a group at a place. @param {{x?: number, y?: number, name?: string, title?: string}} group */
    open({ x = 0, y = 0, name = "", title = "" }) {
      body.push(`<g${attributes({ id: name, transform: x || y ? `translate(${short(x)} ${short(y)})` : "" })}>${title ? `<title>${escaped(title)}</title>` : ""}`);
    },
    close: () => body.push("</g>"),
    /** @param {{title: string, about: string}} words @returns {string} the whole picture */
    finished({ title, about }) {
      const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`;
      return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n<title>${escaped(title)}</title>\n<desc>${escaped(about)}</desc>\n<defs>${definitions.join("\n")}</defs>\n${body.join("\n")}\n</svg>\n`;
    },
  };
  return context;
}

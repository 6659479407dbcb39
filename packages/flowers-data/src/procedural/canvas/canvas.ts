import type { Color } from "./color.ts";

/** A square picture being painted. Positions are in [0, 1], x to the right, y down. */
export interface Canvas {
  readonly size: number;
  /** `[size, size, 3]`, in [0, 1] (and beyond, until it is finished). */
  readonly data: Float32Array;
}

/** Writes a color to `out` and returns its opacity at a position. */
export type Shader = (x: number, y: number, out: Float64Array) => number;

/** A rectangle of positions. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A black canvas. */
export function canvasOf(size: number): Canvas {
  return { size, data: new Float32Array(size * size * 3) };
}

/** Blends a shader over the pixels whose centers lie in the box, a pixel more on each side. */
export function paint({ size, data }: Canvas, box: Box, shader: Shader): void {
  const out = new Float64Array(3);
  const firstColumn = Math.max(0, Math.floor(box.left * size) - 1);
  const lastColumn = Math.min(size - 1, Math.ceil(box.right * size) + 1);
  const lastRow = Math.min(size - 1, Math.ceil(box.bottom * size) + 1);
  for (let row = Math.max(0, Math.floor(box.top * size) - 1); row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const alpha = shader((column + 0.5) / size, (row + 0.5) / size, out);
      if (alpha <= 0) continue;
      const at = (row * size + column) * 3;
      for (let c = 0; c < 3; c++) data[at + c]! += (out[c]! - data[at + c]!) * alpha;
    }
  }
}

/** The whole canvas. */
export const EVERYWHERE: Box = { left: 0, top: 0, right: 1, bottom: 1 };

/** A disc whose edge fades over `blur` (0: one pixel). */
export function paintDisc(
  canvas: Canvas,
  disc: { readonly x: number; readonly y: number; readonly radius: number; readonly blur?: number },
  color: Color,
  opacity = 1,
): void {
  const { x: cx, y: cy, radius, blur = 0 } = disc;
  const fade = Math.max(blur, 1 / canvas.size);
  const reach = radius + fade / 2;
  const box = { left: cx - reach, right: cx + reach, top: cy - reach, bottom: cy + reach };
  paint(canvas, box, (x, y, out) => {
    const distance = Math.sqrt((x - cx) ** 2 + (y - cy) ** 2);
    out[0] = color[0];
    out[1] = color[1];
    out[2] = color[2];
    const t = clamp01((radius - distance) / fade + 0.5);
    return opacity * t * t * (3 - 2 * t);
  });
}

/** A round-ended stroke from (x0, y0) to (x1, y1), its radius changing from one end to the other, lit from the left. */
export function paintStroke(
  canvas: Canvas,
  line: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number },
  radii: readonly [number, number],
  color: Color,
  opacity = 1,
): void {
  const { x0, y0, x1, y1 } = line;
  const reach = Math.max(...radii);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy || 1e-12;
  const box = {
    left: Math.min(x0, x1) - reach,
    right: Math.max(x0, x1) + reach,
    top: Math.min(y0, y1) - reach,
    bottom: Math.max(y0, y1) + reach,
  };
  paint(canvas, box, (x, y, out) => {
    const t = clamp01(((x - x0) * dx + (y - y0) * dy) / square);
    const [ox, oy] = [x - x0 - t * dx, y - y0 - t * dy];
    const radius = radii[0] + (radii[1] - radii[0]) * t;
    const light = 1 - 0.22 * clamp(ox / (radius + 1e-9), -1, 1);
    for (let c = 0; c < 3; c++) out[c] = color[c as 0 | 1 | 2] * light;
    // Thinner than a pixel: fainter, not wider.
    const cover = (radius - Math.sqrt(ox * ox + oy * oy)) * canvas.size + 0.5;
    return opacity * clamp01(Math.min(cover, 2 * radius * canvas.size));
  });
}

/** Limits to [low, high]. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** Limits to [0, 1]. */
export function clamp01(value: number): number {
  return clamp(value, 0, 1);
}

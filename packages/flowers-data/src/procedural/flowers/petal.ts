import { type Canvas, clamp01, paint } from "../canvas/canvas.ts";
import type { Color } from "../canvas/color.ts";
import { boxOf, type Frame, inverseOf } from "../canvas/frame.ts";

/** A petal (or leaf, or blade of grass) in a flower's plane. Lengths are in the flower's radius. */
export interface Petal {
  /** Direction from the base, radians. */
  readonly angle: number;
  /** Position of the base. Default `from` along `angle` from the center. */
  readonly base?: readonly [number, number];
  /** Distance of the base from the center. Default 0. */
  readonly from?: number;
  readonly length: number;
  /** Half of the greatest width. */
  readonly width: number;
  /** Exponents of the outline `s^p (1 − s)^q`: smaller is blunter at the base (p), at the tip (q). */
  readonly outline: readonly [number, number];
  /** Sideways bend of the tip. Default 0. */
  readonly bend?: number;
  readonly inner: Color;
  readonly outer: Color;
  /** Brightness at the rim: below 1 darker, above 1 lighter. Default 0.72. */
  readonly rim?: number;
  /** Depth of the ridges along the petal. Default 0.06. */
  readonly ridges?: number;
  /** Brightness of the whole. Default 1. */
  readonly light?: number;
  /** Default 1. */
  readonly opacity?: number;
}

/** Paints a petal: outline `|t| < w(s)` with `s` along it and `t` across, its edge covered over one pixel. */
export function paintPetal(canvas: Canvas, frame: Frame, petal: Petal): void {
  const { angle, from = 0, length, width, outline, bend = 0, inner, outer } = petal;
  const { rim = 0.72, ridges = 0.06, light = 1, opacity = 1 } = petal;
  const [p, q] = outline;
  const [ca, sa] = [Math.cos(angle), Math.sin(angle)];
  const [baseU, baseV] = petal.base ?? [ca * from, sa * from];
  const widest = p / (p + q);
  const norm = 1 / (widest ** p * (1 - widest) ** q);
  const [m0, m1, m2, m3] = inverseOf(frame);
  const pixels = width * frame.radius * canvas.size; // half a width in pixels
  const reach = width + Math.abs(bend);
  const corner = (s: number, t: number): readonly [number, number] => [
    baseU + ca * s * length - sa * t,
    baseV + sa * s * length + ca * t,
  ];
  const box = boxOf(frame, [corner(0, -reach), corner(0, reach), corner(1, -reach), corner(1, reach)]);
  paint(canvas, box, (x, y, out) => {
    const u = m0 * (x - frame.x) + m1 * (y - frame.y) - baseU;
    const v = m2 * (x - frame.x) + m3 * (y - frame.y) - baseV;
    const s = (u * ca + v * sa) / length;
    if (s <= 0 || s >= 1) return 0;
    const t = (v * ca - u * sa - bend * s * s) / width;
    const inside = norm * s ** p * (1 - s) ** q - Math.abs(t);
    const cover = inside * pixels + 0.5;
    if (cover <= 0) return 0;
    const edge = clamp01(inside / 0.35);
    const shade = light * (rim + (1 - rim) * edge) * (1 + ridges * Math.cos(t * 9)) * (1 - 0.12 * t);
    for (let c = 0 as 0 | 1 | 2; c < 3; c++) out[c] = (inner[c] + (outer[c] - inner[c]) * s) * shade;
    return opacity * Math.min(1, cover, 2 * pixels);
  });
}

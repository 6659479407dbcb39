import { clamp, clamp01, paint, paintDisc } from "../canvas/canvas.ts";
import { type Color, scale } from "../canvas/color.ts";
import { boxOf, inverseOf, place } from "../canvas/frame.ts";
import type { Scene } from "./flower.ts";

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** The disc in the middle of a flower. */
export interface Heart {
  /** In the flower's radius. */
  readonly radius: number;
  readonly inner: Color;
  readonly outer: Color;
  /** Florets, set in a sunflower's spiral. */
  readonly dots: number;
}

/** Paints a domed disc with florets and the shadow it throws on the petals. */
export function paintHeart(scene: Scene, { radius, inner, outer, dots }: Heart): void {
  const { canvas, frame, light, pose } = scene;
  const [m0, m1, m2, m3] = inverseOf(frame);
  const reach = radius * 1.3;
  const box = boxOf(frame, [
    [-reach, -reach],
    [reach, -reach],
    [-reach, reach],
    [reach, reach],
  ]);
  const [lx, ly] = [Math.cos(light - pose.spin), Math.sin(light - pose.spin)];
  const pixels = frame.radius * canvas.size;
  paint(canvas, box, (x, y, out) => {
    const u = m0 * (x - frame.x) + m1 * (y - frame.y);
    const v = m2 * (x - frame.x) + m3 * (y - frame.y);
    const r = Math.sqrt(u * u + v * v);
    const t = r / radius;
    if (t > 1) {
      out.fill(0.05);
      const cover = clamp01((radius - r) * pixels + 0.5);
      return Math.max(cover * 0.8, 0.4 * clamp01(1 - (t - 1) / 0.3)); // shadow
    }
    const shade = 1.02 - 0.25 * t * t + 0.3 * clamp((u * lx + v * ly) / radius, -1, 1) * t;
    for (let c = 0 as 0 | 1 | 2; c < 3; c++) out[c] = (inner[c] + (outer[c] - inner[c]) * t) * shade;
    return 1;
  });
  for (let i = 1; i < dots; i++) {
    const r = radius * Math.sqrt(i / dots) * 0.97;
    const angle = i * GOLDEN_ANGLE;
    const [x, y] = place(frame, r * Math.cos(angle), r * Math.sin(angle));
    const color = scale(i % 3 === 0 ? outer : inner, i % 2 === 0 ? 1.25 : 0.7);
    paintDisc(canvas, { x, y, radius: (frame.radius * radius * 0.75) / Math.sqrt(dots) }, color, 0.65);
  }
}

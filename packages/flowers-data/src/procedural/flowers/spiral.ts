import { clamp01, paint } from "../canvas/canvas.ts";
import type { Color } from "../canvas/color.ts";
import { boxOf, inverseOf } from "../canvas/frame.ts";
import type { Scene } from "./flower.ts";

const TURNS = 2.6;

/** Rolled petals seen from above: brightness falls along each winding's width, from its rim inwards. */
export function paintSpiral(
  { canvas, frame, draws }: Scene,
  { radius, deep, color }: { readonly radius: number; readonly deep: Color; readonly color: Color },
): void {
  const [m0, m1, m2, m3] = inverseOf(frame);
  const phase = draws.between(0, 1);
  const waves = draws.integer(3, 5);
  const box = boxOf(frame, [
    [-radius, -radius],
    [radius, -radius],
    [-radius, radius],
    [radius, radius],
  ]);
  const pixels = frame.radius * canvas.size;
  paint(canvas, box, (x, y, out) => {
    const u = m0 * (x - frame.x) + m1 * (y - frame.y);
    const v = m2 * (x - frame.x) + m3 * (y - frame.y);
    const angle = Math.atan2(v, u);
    const r = Math.sqrt(u * u + v * v) * (1 + 0.06 * Math.cos(waves * angle));
    const along = (r / radius) * TURNS + angle / (2 * Math.PI) + phase;
    const winding = along - Math.floor(along); // 0 at the inner, dark side of a petal, 1 at its rim
    const shade = winding > 0.9 ? 1 - (winding - 0.9) * 6 : 0.25 + 0.83 * winding;
    for (let c = 0 as 0 | 1 | 2; c < 3; c++)
      out[c] = deep[c] * 0.8 + (color[c] * 1.1 - deep[c] * 0.8) * shade;
    return clamp01((radius - r) * pixels + 0.5);
  });
}

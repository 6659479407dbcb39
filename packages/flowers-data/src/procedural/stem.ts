import type { Draws } from "sample-keys";
import { type Canvas, paintStroke } from "./canvas/canvas.ts";
import { type Color, scale } from "./canvas/color.ts";
import { frameOf, type Pose } from "./canvas/frame.ts";
import { paintPetal } from "./flowers/petal.ts";

const PIECES = 10;

/** Paints a bent stem from the flower to the lower edge, and leaves on it. */
export function paintStem(canvas: Canvas, draws: Draws, pose: Pose, color: Color, isTulip: boolean): void {
  const foot = pose.x + draws.between(-0.22, 0.22);
  const bend = draws.between(-0.12, 0.12);
  const start = pose.y + (isTulip ? 0.7 * pose.radius * Math.cos(pose.lean) : 0);
  const startX = pose.x - (isTulip ? 0.7 * pose.radius * Math.sin(pose.lean) : 0);
  const at = (t: number): readonly [number, number] => [
    startX + (foot - startX) * t + bend * Math.sin(Math.PI * t),
    start + (1.08 - start) * t,
  ];
  const width = pose.radius * draws.between(0.05, 0.08) + 0.004;
  const leaves = isTulip ? draws.integer(1, 2) : draws.integer(0, 2);
  for (let i = 0; i < leaves; i++) {
    const [x, y] = at(draws.between(isTulip ? 0.75 : 0.35, isTulip ? 1 : 0.8));
    const side = i % 2 === 0 ? 1 : -1;
    paintPetal(canvas, frameOf({ x, y, radius: pose.radius, spin: 0, tilt: 1, lean: 0 }), {
      angle: isTulip
        ? -Math.PI / 2 + side * draws.between(0.2, 0.6)
        : -side * draws.between(0.1, 0.9) + (side < 0 ? Math.PI : 0),
      length: isTulip ? draws.between(1.4, 2.2) : draws.between(0.6, 1.2),
      width: isTulip ? draws.between(0.16, 0.24) : draws.between(0.12, 0.26),
      outline: [0.4, 0.7],
      bend: side * draws.between(-0.1, 0.25),
      inner: scale(color, 0.75),
      outer: scale(color, 1.1),
      light: draws.between(0.8, 1.1),
    });
  }
  for (let i = 0; i < PIECES; i++) {
    const [x0, y0] = at(i / PIECES);
    const [x1, y1] = at((i + 1) / PIECES);
    paintStroke(canvas, { x0, y0, x1, y1 }, [width, width], color);
  }
}

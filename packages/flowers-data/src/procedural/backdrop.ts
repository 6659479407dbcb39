import type { Draws } from "sample-keys";
import { type Canvas, EVERYWHERE, paint, paintDisc } from "./canvas/canvas.ts";
import { type Color, hsv, mix, scale } from "./canvas/color.ts";
import { frameOf } from "./canvas/frame.ts";
import { paintPetal } from "./flowers/petal.ts";

/** Paints what is behind a flower: sky over a meadow, or blurred leaves and spots of light, or earth. */
export function paintBackdrop(canvas: Canvas, draws: Draws): void {
  const kind = draws.pick(["meadow", "leaves", "lights", "earth"] as const);
  const green = hsv(draws.between(0.2, 0.36), draws.between(0.35, 0.75), draws.between(0.25, 0.6));
  if (kind === "meadow") {
    const sky = hsv(draws.between(0.52, 0.64), draws.between(0.1, 0.5), draws.between(0.75, 1));
    paintGradient(canvas, sky, mix(sky, [1, 0.95, 0.85], 0.6), green, draws.between(0.35, 0.75));
    paintBlobs(canvas, draws, 12, () => scale(green, draws.between(0.6, 1.4)), [0.55, 1.1]);
  } else if (kind === "earth") {
    const earth = hsv(draws.between(0.05, 0.11), draws.between(0.2, 0.5), draws.between(0.25, 0.65));
    paintGradient(canvas, scale(earth, 1.15), earth, scale(earth, 0.75), 0.5);
    paintBlobs(
      canvas,
      draws,
      14,
      () => scale(draws.chance(0.3) ? green : earth, draws.between(0.6, 1.3)),
      [0, 1],
    );
  } else {
    const isDark = kind === "leaves";
    const far = scale(green, isDark ? 0.55 : 1.1);
    paintGradient(canvas, scale(far, draws.between(0.8, 1.4)), far, scale(far, 0.7), 0.5);
    const spot = (): Color => {
      if (isDark || draws.chance(0.4)) return scale(green, draws.between(0.4, 1.3));
      return hsv(draws.between(0, 1), draws.between(0.15, 0.7), draws.between(0.6, 1));
    };
    paintBlobs(canvas, draws, 16, spot, [0, 1]);
  }
  const blades = draws.integer(0, 9);
  for (let i = 0; i < blades; i++) paintBlade(canvas, draws, scale(green, draws.between(0.5, 1.2)), 1);
}

/** A blade of grass from the lower edge. */
export function paintBlade(canvas: Canvas, draws: Draws, color: Color, opacity: number): void {
  const frame = frameOf({ x: draws.between(0, 1), y: 1.05, radius: 1, spin: 0, tilt: 1, lean: 0 });
  paintPetal(canvas, frame, {
    angle: -Math.PI / 2 + draws.between(-0.45, 0.45),
    length: draws.between(0.25, 0.8),
    width: draws.between(0.008, 0.022),
    outline: [0.12, 0.6],
    bend: draws.between(-0.25, 0.25),
    inner: scale(color, 0.7),
    outer: color,
    opacity,
  });
}

function paintGradient(canvas: Canvas, top: Color, middle: Color, bottom: Color, horizon: number): void {
  paint(canvas, EVERYWHERE, (_, y, out) => {
    const color =
      y < horizon
        ? mix(top, middle, y / horizon)
        : mix(middle, bottom, Math.min(1, (y - horizon) / ((1 - horizon) * 0.4)));
    out.set(color);
    return 1;
  });
}

function paintBlobs(
  canvas: Canvas,
  draws: Draws,
  count: number,
  color: () => Color,
  [low, high]: readonly [number, number],
): void {
  for (let i = 0; i < count; i++) {
    const radius = draws.between(0.04, 0.2);
    const disc = {
      x: draws.between(0, 1),
      y: draws.between(low, high),
      radius,
      blur: radius * draws.between(0.4, 1.6),
    };
    paintDisc(canvas, disc, color(), draws.between(0.25, 0.75));
  }
}

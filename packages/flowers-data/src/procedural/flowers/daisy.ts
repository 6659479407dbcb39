import { type Color, hsv, mix, scale } from "../canvas/color.ts";
import { lit, petalColor, type Scene } from "./flower.ts";
import { paintHeart } from "./heart.ts";
import { paintPetal } from "./petal.ts";

/** Narrow, blunt petals with gaps between them, round a small bright disc. */
export function paintDaisy(scene: Scene): void {
  const { canvas, draws, frame } = scene;
  const petals = draws.integer(12, 20);
  const color = petalColor(draws, [
    [0.12, 0.04],
    [0.12, 0.08],
    [0.93, 0.25],
  ]);
  const width = (draws.between(2.1, 2.8) / petals) * 0.9;
  for (let i = 0; i < petals; i++) {
    const angle = (i / petals) * 2 * Math.PI + draws.between(-0.09, 0.09);
    paintPetal(canvas, frame, {
      angle,
      from: 0.12,
      length: draws.between(0.78, 0.9),
      width,
      outline: [0.55, 0.22],
      bend: draws.between(-0.06, 0.06),
      inner: scale(color, 0.78),
      outer: color,
      rim: 0.78,
      light: lit(scene, angle) * draws.between(0.93, 1.03),
    });
  }
  const heart: Color = hsv(draws.between(0.1, 0.15), 0.9, 0.95);
  paintHeart(scene, {
    radius: draws.between(0.22, 0.3),
    inner: mix(heart, [0.9, 0.6, 0.1], 0.3),
    outer: heart,
    dots: 40,
  });
}

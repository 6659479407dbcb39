import { hsv, mix, scale } from "../canvas/color.ts";
import { lit, petalColor, type Scene } from "./flower.ts";
import { paintHeart } from "./heart.ts";
import { paintPetal } from "./petal.ts";

/** Two rings of broad, pointed petals round a large dark disc of seeds. */
export function paintSunflower(scene: Scene): void {
  const { canvas, draws, frame } = scene;
  const petals = draws.integer(14, 20);
  const heart = draws.between(0.4, 0.52);
  const color = petalColor(draws, [
    [0.13, 0.9],
    [0.11, 0.9],
  ]);
  const deep = mix(scale(color, 0.75), [0.8, 0.35, 0.05], 0.25);
  for (const ring of [0, 1]) {
    for (let i = 0; i < petals; i++) {
      const angle = ((i + ring / 2) / petals) * 2 * Math.PI + draws.between(-0.08, 0.08);
      paintPetal(canvas, frame, {
        angle,
        from: heart * 0.7,
        length: (1 - heart * 0.7) * draws.between(0.9, 1.08),
        width: 2.2 / petals,
        outline: [0.6, 0.85],
        bend: draws.between(-0.08, 0.08),
        inner: deep,
        outer: color,
        ridges: 0.09,
        rim: 0.68,
        light: lit(scene, angle) * (ring === 0 ? 0.72 : 1) * draws.between(0.92, 1.04),
      });
    }
  }
  const seed = hsv(draws.between(0.05, 0.09), 0.7, draws.between(0.16, 0.32));
  paintHeart(scene, {
    radius: heart,
    inner: scale(seed, 0.9),
    outer: mix(seed, [0.75, 0.45, 0.08], 0.5),
    dots: 110,
  });
}

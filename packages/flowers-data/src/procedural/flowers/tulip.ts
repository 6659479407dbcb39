import { mix, scale } from "../canvas/color.ts";
import { frameOf } from "../canvas/frame.ts";
import { petalColor, type Scene } from "./flower.ts";
import { paintPetal } from "./petal.ts";

const UP = -Math.PI / 2;

/** A cup of broad petals on its stem, seen from the side. */
export function paintTulip(scene: Scene): void {
  const { canvas, draws, pose, light } = scene;
  const frame = frameOf({ ...pose, spin: pose.lean, tilt: 1, lean: 0 });
  const color = petalColor(draws, [
    [0, 0.85],
    [0.93, 0.55],
    [0.14, 0.8],
    [0.8, 0.5],
  ]);
  const tip = mix(color, petalColor(draws, [[0.14, 0.6]]), draws.between(0, 0.45));
  const height = draws.between(1.5, 1.8);
  const open = draws.between(0.1, 0.34);
  const wide = draws.between(0.34, 0.42);
  // Back to front: lean from the middle, brightness.
  const petals: readonly (readonly [number, number])[] = [
    [-0.4, 0.62],
    [0.4, 0.66],
    [0, 0.7],
    [-1, 0.88],
    [1, 0.9],
    [draws.between(-0.15, 0.15), 1.05],
  ];
  for (const [side, brightness] of petals) {
    const isFront = brightness > 1;
    paintPetal(canvas, frame, {
      angle: UP + side * open,
      base: [side * 0.13, 0.78],
      length: height * (isFront ? 0.92 : draws.between(0.95, 1.02)),
      width: wide * (isFront ? 1.05 : 0.95),
      outline: [0.42, 0.55],
      bend: side * draws.between(0, 0.14),
      inner: scale(color, 0.8),
      outer: tip,
      ridges: 0.05,
      rim: 0.7,
      light: brightness * (1 + 0.14 * side * Math.cos(light)),
    });
  }
}

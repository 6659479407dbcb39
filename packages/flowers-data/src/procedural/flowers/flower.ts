import type { Draws } from "sample-keys";
import type { Canvas } from "../canvas/canvas.ts";
import type { Color } from "../canvas/color.ts";
import { hsv } from "../canvas/color.ts";
import type { Frame, Pose } from "../canvas/frame.ts";

/** Everything a flower's painter needs. */
export interface Scene {
  readonly canvas: Canvas;
  readonly draws: Draws;
  readonly frame: Frame;
  readonly pose: Pose;
  /** Direction the light comes from, radians. */
  readonly light: number;
  /** Color of stem and leaves. */
  readonly green: Color;
}

/** Hues in turns with saturation, from which every class may draw: color is a hint, not an answer. */
const PALETTE: readonly (readonly [number, number])[] = [
  [0.14, 0.85], // yellow
  [0.08, 0.85], // orange
  [0.0, 0.8], // red
  [0.93, 0.5], // pink
  [0.85, 0.55], // magenta
  [0.75, 0.45], // violet
  [0.12, 0.08], // white
  [0.1, 0.3], // cream
];

/** A petal color: one of `typical` more often than not, any of the palette otherwise. */
export function petalColor(draws: Draws, typical: readonly (readonly [number, number])[]): Color {
  const [hue, saturation] = draws.pick(draws.chance(0.55) ? typical : PALETTE);
  const jittered = hue + draws.between(-0.025, 0.025);
  return hsv(jittered, Math.min(1, saturation * draws.between(0.8, 1.15)), draws.between(0.8, 1));
}

/** Brightness of something that faces `angle`. */
export function lit(scene: Scene, angle: number): number {
  return 1 + 0.16 * Math.cos(angle + scene.pose.spin - scene.light);
}

import { COUNT, requireOptions, UINT32 } from "known-options";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import type { RgbImage } from "../rgb-image.ts";
import { paintBackdrop, paintBlade } from "./backdrop.ts";
import { canvasOf } from "./canvas.ts";
import { hsv, scale } from "./colour.ts";
import { paintDaisy } from "./daisy.ts";
import { paintDandelion } from "./dandelion.ts";
import { drawsOf } from "./draws.ts";
import { finish } from "./finish.ts";
import type { Scene } from "./flower.ts";
import { frameOf } from "./frame.ts";
import { paintRose } from "./rose.ts";
import { paintStem } from "./stem.ts";
import { paintSunflower } from "./sunflower.ts";
import { paintTulip } from "./tulip.ts";

/** In the order of {@link TF_FLOWERS_CLASSES}. */
const PAINTERS: readonly ((scene: Scene) => void)[] = [
  paintDandelion,
  paintDaisy,
  paintTulip,
  paintSunflower,
  paintRose,
];

/** Which picture to draw. */
export interface FlowerOptions {
  /** uint32. */
  readonly seed: number;
  /** Number of the picture, uint32; its class is `index mod 5`, see {@link flowerLabel}. */
  readonly index: number;
  /** Side, pixels. */
  readonly size: number;
}

/** @returns The class of procedural flower `index`, a position in `TF_FLOWERS_CLASSES`. */
export function flowerLabel(index: number): number {
  return index % TF_FLOWERS_CLASSES.length;
}

/**
 * Draws one flower, a pure function of its arguments; the same picture at any size, up to grain.
 *
 * @returns `[size, size, 3]`, uint8; owned by the caller.
 * @throws RangeError if the size is not an integer ≥ 1, or seed or index not a uint32.
 *
 * @example
 * const image = drawFlower({ seed: 42, index: 3, size: 96 }); // a sunflower
 */
export function drawFlower(options: FlowerOptions): RgbImage {
  requireOptions("drawFlower", options, { seed: UINT32, index: UINT32, size: COUNT });
  const { seed, index, size } = options;
  const draws = drawsOf(seed, index);
  const canvas = canvasOf(size);
  paintBackdrop(canvas, draws);

  const label = flowerLabel(index);
  const isTulip = TF_FLOWERS_CLASSES[label] === "tulips";
  const pose = {
    x: draws.between(0.32, 0.68),
    y: draws.between(0.3, 0.62),
    radius: draws.between(0.2, 0.4) * (isTulip ? 0.85 : 1),
    spin: draws.between(0, 2 * Math.PI),
    tilt: draws.between(0.55, 1),
    lean: isTulip ? draws.between(-0.45, 0.45) : draws.between(0, 2 * Math.PI),
  };
  const green = hsv(draws.between(0.22, 0.34), draws.between(0.45, 0.75), draws.between(0.3, 0.62));
  paintStem(canvas, draws, pose, green, isTulip);
  PAINTERS[label]!({
    canvas,
    draws,
    pose,
    green,
    frame: frameOf(pose),
    light: draws.between(0, 2 * Math.PI),
  });

  const inFront = draws.chance(0.45) ? draws.integer(1, 4) : 0; // grass before the flower
  for (let i = 0; i < inFront; i++) paintBlade(canvas, draws, scale(green, draws.between(0.6, 1.4)), 0.9);
  const data = new Uint8Array(size * size * 3);
  finish(canvas, draws, data);
  return { data, width: size, height: size };
}

import { COUNT, requireOptions, UINT32 } from "known-options";
import { drawsAt, sampleKey, siteOf } from "sample-keys";
import type { RgbImage } from "vision-augment";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import { paintBackdrop, paintBlade } from "./backdrop.ts";
import { canvasOf } from "./canvas/canvas.ts";
import { hsv, scale } from "./canvas/color.ts";
import { frameOf } from "./canvas/frame.ts";
import { finish } from "./finish.ts";
import { paintDaisy } from "./flowers/daisy.ts";
import { paintDandelion } from "./flowers/dandelion.ts";
import type { Scene } from "./flowers/flower.ts";
import { paintRose } from "./flowers/rose.ts";
import { paintSunflower } from "./flowers/sunflower.ts";
import { paintTulip } from "./flowers/tulip.ts";
import { paintStem } from "./stem.ts";

const PROCEDURAL = siteOf("procedural");

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
  const draws = drawsAt(sampleKey(seed, 0, index), PROCEDURAL);
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

import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { attentionMaps, attentionRollout } from "deit-model";
import { type RgbImage, resizeBilinear } from "vision-augment";
import type { OpenedModel } from "../models/open-model.ts";
import { UsageError } from "../process/usage-error.ts";
import { lightBy } from "./light-by.ts";

/** Bounds of a drawn photo's longest side in pixels: smaller photos are enlarged, larger ones shrunk. */
const LONGEST = { least: 240, most: 480 } as const;

/**
 * A photo, and beside it the same photo lit by the attention rollout of each class token: the patch with the largest share is the
 * brightest. For a model that sees the middle of pictures only, the drawing shows the middle.
 *
 * @param whole - The photo, decoded like the model's training pictures.
 * @returns uint8 RGB, one photo wide plus one for each class token.
 * @throws UsageError if the model is not a vision transformer.
 */
export async function drawAttention(opened: OpenedModel, whole: RgbImage): Promise<RgbImage> {
  const { model, preprocess, imageSize, centerCrop, path } = opened;
  requireTransformer(model, path);
  const photo = middle(whole, centerCrop?.ratio);
  const longest = Math.max(photo.width, photo.height);
  const scale = Math.min(Math.max(longest, LONGEST.least), LONGEST.most) / longest;
  const [height, width] = [photo.height, photo.width].map((side) => Math.max(1, Math.round(side * scale)));
  const shown = resizeBilinear(photo, height!, width!, { antialias: true });
  const seen = resizeBilinear(photo, imageSize, imageSize, { antialias: centerCrop !== undefined });
  const drawn = tf.tidy(() => {
    const maps = attentionMaps(model, preprocess(tf.tensor4d(seen.data, [1, imageSize, imageSize, 3])));
    const pixels = tf.tensor4d(shown.data, [1, height!, width!, 3]);
    const lit = maps.classTokens.map((token) => lightBy(pixels, attentionRollout(maps, { token })));
    return tf.cast(tf.round(tf.concat([pixels, ...lit], 2)), "int32") as tf.Tensor4D;
  });
  const [, , totalWidth] = drawn.shape;
  const data = Uint8Array.from(await drawn.data());
  drawn.dispose();
  return { data, height: height!, width: totalWidth };
}

/** Center crop of an evaluation: a square of the middle. (The evaluation resizes with a bicubic filter, the drawing bilinearly.) */
function middle(photo: RgbImage, ratio: number | undefined): RgbImage {
  if (ratio === undefined) return photo;
  const { width, height, data } = photo;
  const side = Math.max(1, Math.round(Math.min(width, height) * ratio));
  const [top, left] = [(height - side) >> 1, (width - side) >> 1];
  const square = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * 3;
    square.set(data.subarray(start, start + side * 3), row * side * 3);
  }
  return { data: square, width: side, height: side };
}

function requireTransformer(model: tfl.LayersModel, path: string): void {
  if (model.layers.some((layer) => layer.getClassName() === "ClassTokens")) return;
  throw new UsageError(
    `${path}: expected a vision transformer, whose attention can be drawn, got another model`,
  );
}

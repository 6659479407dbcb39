import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { attentionMaps, attentionRollout } from "deit-model";
import { type Preprocess, toUnitRange } from "distill-trainer";
import type { DataSource } from "train-loop";
import type { NamedPixels } from "train-loop/node";
import { lightBy } from "../attention/light-by.ts";

/** Options of {@link attentionImages}. */
export interface AttentionImagesOptions {
  readonly classNames: readonly string[];
  /** Number of pictures. Default 4. */
  readonly count?: number;
  /** From images in 0…255 to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

/**
 * Held-out pictures, and beside each the same picture lit by the attention rollout of each class token; the patch with the largest
 * share is the brightest.
 *
 * @param heldOut - Pictures of its first batch are shown, the same in every epoch.
 * @returns A function that draws them with the model's present weights, by one forward pass.
 */
export function attentionImages(
  model: tfl.LayersModel,
  heldOut: DataSource,
  { classNames, count = 4, preprocess = toUnitRange }: AttentionImagesOptions,
): () => Promise<NamedPixels[]> {
  const shown = firstPictures(heldOut, count);
  return async () => {
    const { images, labels, side } = await shown;
    const lit = tf.tidy(() => {
      const photos = tf.tensor4d(images, [labels.length, side, side, 3]);
      const maps = attentionMaps(model, preprocess(photos));
      const views = maps.classTokens.map((token) => lightBy(photos, attentionRollout(maps, { token })));
      return tf.cast(tf.round(tf.concat([photos, ...views], 2)), "int32") as tf.Tensor4D;
    });
    const [, height, width] = lit.shape;
    const pixels = Uint8Array.from(await lit.data());
    lit.dispose();
    const one = height * width * 3;
    return labels.map((label, i) => ({
      name: `attention/${i} ${classNames[label]}`,
      ...{ width, height, channels: 3, data: pixels.subarray(i * one, (i + 1) * one) },
    }));
  };
}

async function firstPictures(source: DataSource, count: number) {
  for await (const { images, labels, shape } of source.batches(0)) {
    const side = shape[1]!;
    const shown = Math.min(count, labels.length);
    const size = images.length / labels.length;
    return { images: images.slice(0, shown * size), labels: [...labels.subarray(0, shown)], side };
  }
  throw new RangeError("attentionImages: the data must hold at least one batch, got none");
}

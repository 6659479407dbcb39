import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Preprocess, toUnitRange } from "distill-trainer";
import type { DataSource } from "train-loop";
import type { NamedPixels } from "train-loop/node";
import { inRow } from "../attention/arrange.ts";
import { attentionOf } from "../attention/attention-of.ts";
import { attentionPanels } from "../attention/panels.ts";
import { areDifferent } from "../attention/scales.ts";
import { namesOf } from "../judge/multi-label.ts";

/** Options of {@link attentionImages}. */
export interface AttentionImagesOptions {
  readonly classNames: readonly string[];
  /** Number of pictures. Default 4. */
  readonly count?: number;
  /** From images in 0…255 to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

/**
 * Held-out pictures, each with a heat map of the class token's attention rollout over it, and of the distillation token's difference
 * from it once the two differ.
 *
 * @param heldOut - Pictures of its first batch are shown, the same in every epoch.
 * @returns A function that draws them with the model's present weights, by one forward pass.
 */
export function attentionImages(
  model: tfl.LayersModel,
  heldOut: DataSource,
  { classNames, count = 4, preprocess = toUnitRange }: AttentionImagesOptions,
): () => Promise<NamedPixels[]> {
  const shown = firstPictures(heldOut, count, classNames);
  return async () => {
    const { images, names, sides } = await shown;
    const [rows, columns] = sides;
    const input = tf.tidy(() => preprocess(tf.tensor4d(images, [names.length, rows, columns, 3])));
    const attention = await attentionOf(model, input).finally(() => input.dispose());
    const shape = { withDifference: areDifferent(attention) };
    return names.map((name, i) => {
      const size = images.length / names.length;
      const photo = { data: images.subarray(i * size, (i + 1) * size), width: columns, height: rows };
      const { data, width, height } = inRow(
        attentionPanels(photo, attention[i]!, shape).map((one) => one.image),
      );
      return { name: `view/${name}, picture ${i + 1}`, width, height, channels: 3, data };
    });
  };
}

async function firstPictures(source: DataSource, count: number, classNames: readonly string[]) {
  for await (const { images, labels, targets, shape } of source.batches(0)) {
    const sides = [shape[1]!, shape[2]!] as const;
    const shown = Math.min(count, labels.length);
    const size = images.length / labels.length;
    const names = Array.from(labels.subarray(0, shown), (label, i) =>
      namesOf(classNames, label, targets?.subarray(i * classNames.length, (i + 1) * classNames.length)),
    );
    return { images: images.slice(0, shown * size), names, sides };
  }
  throw new RangeError("attentionImages: the data must hold at least one batch, got none");
}

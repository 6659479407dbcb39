import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type RgbImage, resizeBilinear, sidesOf } from "vision-augment";
import type { OpenedModel } from "../models/open-model.ts";
import { UsageError } from "../process/usage-error.ts";
import { inColumn, inRow } from "./arrange.ts";
import { attentionOf } from "./attention-of.ts";
import { withColorBar } from "./color-bar.ts";
import { attentionPanels } from "./panels.ts";
import { areDifferent } from "./scales.ts";

/** Bounds of a drawn photo's longest side in pixels: smaller photos are enlarged, larger ones shrunk. */
const LONGEST = { least: 240, most: 480 } as const;

/** Pixels between two pictures. */
const GAP = 8;

/**
 * A photo, and beside it the photo under a heat map of the class token's attention rollout, with a color bar: numbers are multiples of
 * the mean share of a patch. Where the distillation token looks at other patches, a third picture shows its difference. For a model that
 * sees the middle of pictures only, the drawing shows the middle.
 *
 * @param whole - The photo, decoded like the model's training pictures.
 * @returns uint8 RGB, two or three pictures wide.
 * @throws UsageError if the model is not a vision transformer.
 */
export async function drawAttention(opened: OpenedModel, whole: RgbImage): Promise<RgbImage> {
  const photo = middle(whole, opened);
  const longest = Math.max(photo.width, photo.height);
  const scale = Math.min(Math.max(longest, LONGEST.least), LONGEST.most) / longest;
  const [height, width] = [photo.height, photo.width].map((side) => Math.max(1, Math.round(side * scale)));
  const attention = await seenBy(opened, photo);
  const shown = resizeBilinear(photo, height!, width!, { antialias: true });
  const panels = attentionPanels(shown, attention, { withDifference: areDifferent([attention]) });
  return inRow(panels.map(withColorBar), GAP);
}

/**
 * Photos in a row, and below each the photo under a heat map of the class token's attention rollout.
 *
 * @param photos - Decoded like the model's training pictures.
 * @param side - Height of each shown picture in pixels; they have the proportions of the model's input.
 * @returns uint8 RGB.
 * @throws UsageError if the model is not a vision transformer.
 */
export async function attentionStrip(
  opened: OpenedModel,
  photos: readonly RgbImage[],
  side: number,
): Promise<RgbImage> {
  const columns: RgbImage[][] = [];
  for (const whole of photos) {
    const photo = middle(whole, opened);
    const [height, width] = sidesOf(opened.imageSize);
    const shown = resizeBilinear(photo, side, Math.max(1, Math.round((side * width) / height)), {
      antialias: true,
    });
    const panels = attentionPanels(shown, await seenBy(opened, photo), { withDifference: false });
    columns.push(panels.map(({ image }) => image));
  }
  return inColumn(
    [0, 1].map((row) =>
      inRow(
        columns.map((column) => column[row]!),
        GAP,
      ),
    ),
    GAP,
  );
}

async function seenBy(opened: OpenedModel, photo: RgbImage) {
  const { preprocess, imageSize, centerCrop } = opened;
  const model = transformerOf(opened);
  const [height, width] = sidesOf(imageSize);
  const seen = resizeBilinear(photo, height, width, { antialias: centerCrop !== undefined });
  const input = tf.tidy(() => preprocess(tf.tensor4d(seen.data, [1, height, width, 3])));
  const [attention] = await attentionOf(model, input).finally(() => input.dispose());
  return attention!;
}

/**
 * Center crop of an evaluation: the middle in the proportions of the model's input, or of a picture that is stretched to them, its middle.
 * (The evaluation resizes with a bicubic filter, the drawing bilinearly.)
 */
function middle(photo: RgbImage, { centerCrop: crop, imageSize }: OpenedModel): RgbImage {
  if (crop === undefined) return photo;
  const { width, height, data } = photo;
  const { ratio, stretch = false } = crop;
  const [high, wide] = sidesOf(imageSize);
  const scale = Math.min(height / high, width / wide);
  const [rows, columns] = (stretch ? [height, width] : [high * scale, wide * scale]).map((side) =>
    Math.max(1, Math.round(side * ratio)),
  ) as [number, number];
  const [top, left] = [(height - rows) >> 1, (width - columns) >> 1];
  const part = new Uint8Array(rows * columns * 3);
  for (let row = 0; row < rows; row++) {
    const start = ((top + row) * width + left) * 3;
    part.set(data.subarray(start, start + columns * 3), row * columns * 3);
  }
  return { data: part, width: columns, height: rows };
}

function transformerOf({ classifier, path }: OpenedModel): tfl.LayersModel {
  const { layersModel: model, found } = classifier;
  if (model?.layers.some((layer) => layer.getClassName() === "ClassTokens")) return model;
  throw new UsageError(
    `${path}: expected a vision transformer of layers, whose attention can be drawn, got ${found}`,
  );
}

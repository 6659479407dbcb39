import { type Checks, check, requireOptions } from "known-options";
import type { RankShare } from "sample-keys";
import { sidesOf, writeView } from "vision-augment";
import { balancedSampling } from "../batches/balanced-sampling.ts";
import { batchOf } from "../batches/batch-of.ts";
import {
  BATCH_CHECKS,
  type BatchSettings,
  batchSettings,
  type ImageBatchOptions,
} from "../batches/batch-options.ts";
import { epochLength } from "../batches/epoch-order.ts";
import { type BatchRows, epochRows } from "../batches/epoch-rows.ts";
import type { ImageSource } from "../batches/image-source.ts";
import { type ViewPlan, viewAt, viewPlan } from "../batches/view-plan.ts";
import { ALONE, wholeBatches } from "../batches/whole-batches.ts";
import type { ImageShard } from "../image-batch.ts";
import { type LabeledPicture, requirePictures } from "./labeled-picture.ts";
import { pictureSettings } from "./picture-settings.ts";
import { Turns } from "./turns.ts";

/** Options of {@link pictureSource}: those of Node's `imageSource` that do not concern files and threads, and the classes. */
export interface PictureSourceOptions extends ImageBatchOptions {
  /** Name of each label. */
  readonly classNames: readonly string[];
}

const CHECKS: Checks<PictureSourceOptions> = {
  ...BATCH_CHECKS,
  classNames: check(
    "a list of names",
    (value) => Array.isArray(value) && Array.from(value).every((name) => typeof name === "string"),
  ),
};

/**
 * Batches of pictures that are in memory, in a page or a Worker (and in Node): resized, cropped, augmented and mirrored where they are
 * read, in the thread that calls.
 *
 * Everything is a pure function of (pictures, options, epoch), and equal to Node's `imageSource` over a store of the same pixels in the
 * same order, to the bit: order, views, `sampleKeys` and `viewKeys`. Between pictures the page gets its turn, also in a hidden tab. Training
 * in a Worker keeps a page smooth all the same.
 *
 * @param pictures - The list is copied, the pixels are not.
 * @throws TypeError for an unknown option. RangeError if one is out of range, there are no pictures, a key is there twice, a label has
 * no class, or pixels are not those of a picture.
 *
 * @example
 * const pixels = (value: number) => ({ data: new Uint8Array(8 * 8 * 3).fill(value), width: 8, height: 8 });
 * const pictures = [
 *   { key: "cat/1", label: 0, image: pixels(0) },
 *   { key: "dog/1", label: 1, image: pixels(200) },
 * ];
 * const source = pictureSource(pictures, { classNames: ["cat", "dog"], batchSize: 2, imageSize: 4, training: true });
 * for await (const { shape, labels } of source.batches(0)) console.log(shape, labels.length); // [2, 4, 4, 3] 2
 */
export function pictureSource(
  pictures: readonly LabeledPicture[],
  options: PictureSourceOptions,
): ImageSource {
  requireOptions("pictureSource", options, CHECKS);
  const settings = batchSettings("pictureSource", options);
  requirePictures(pictures, options.classNames);
  const labels = Int32Array.from(pictures, ({ label }) => label);
  const samples: Samples = {
    pictures: [...pictures],
    labels,
    classNames: [...options.classNames],
    classesOf: (index) => [labels[index]!],
  };
  const weights =
    settings.training && settings.sampling ? balancedSampling("pictureSource", samples) : undefined;
  const plan = viewPlan(settings);
  let closed = false;
  let viewSettings: string | undefined;
  const drawn = { size: pictures.length, weights };
  const shardsFrom = (epoch: number, firstBatch: number, share: RankShare) =>
    made(samples, settings, plan, epochRows(drawn, settings, epoch, firstBatch, share), () => closed);
  const batchesFrom = (epoch: number, firstBatch: number) =>
    wholeBatches(shardsFrom(epoch, firstBatch, ALONE));
  return {
    size: epochLength(pictures.length, settings.repeats),
    batchSize: settings.batchSize,
    skips: false,
    classNames: samples.classNames,
    get viewSettings() {
      viewSettings ??= pictureSettings(samples.pictures, plan);
      return viewSettings;
    },
    batches: (epoch) => batchesFrom(epoch, 0),
    batchesFrom,
    shardsFrom,
    async close() {
      closed = true;
    },
  };
}

interface Samples {
  readonly pictures: readonly LabeledPicture[];
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  classesOf(index: number): readonly number[];
}

async function* made(
  samples: Samples,
  settings: BatchSettings,
  plan: ViewPlan,
  epoch: Generator<BatchRows>,
  isClosed: () => boolean,
): AsyncGenerator<ImageShard> {
  const turns = new Turns();
  const lengths = plan.sizes.map((size) => sidesOf(size)).map(([height, width]) => height * width * 3);
  try {
    for (const batch of epoch) {
      const count = batch.indices.length;
      const images = lengths.map((length) => new Float32Array(count * length));
      for (let row = 0; row < count; row++) {
        if (isClosed()) throw new Error("pictureSource: batches are to be read before close()");
        const { image } = samples.pictures[batch.indices[row]!]!;
        lengths.forEach((length, which) => {
          writeView(image, viewAt(plan, which, batch.drawKeys[row]!), images[which]!, row * length);
        });
        await turns.next();
      }
      yield {
        batch: batchOf(samples, settings, batch, {
          images,
          rows: Int32Array.from({ length: count }, (_, row) => row),
        }),
        rows: batch.rows,
        sampleKeys: batch.batchKeys,
      };
    }
  } finally {
    turns.close();
  }
}

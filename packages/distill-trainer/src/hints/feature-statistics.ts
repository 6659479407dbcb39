import * as tf from "@tensorflow/tfjs-core";
import { type Checks, COUNT, LIST, optional, requireArguments, requireOptions } from "known-options";
import {
  checkedBatches,
  type DataSource,
  disposeMicroBatch,
  microBatchRanges,
  requireSource,
  rowsOfBatch,
  toMicroBatch,
} from "train-loop";
import type { FeatureStatistics } from "../losses/whiten.ts";
import { LAYERED_TEACHER, type LayeredTeacher } from "../teachers/teacher.ts";

/** Options of {@link featureStatistics}. */
export interface FeatureStatisticsOptions {
  /** Pictures to compute from, from the first of epoch 0, rounded up to whole batches. Default 512. */
  readonly samples?: number;
  /** Rows per pass of the teacher. Default 16. */
  readonly microBatchSize?: number;
}

const CHECKS: Checks<FeatureStatisticsOptions> = {
  samples: optional(COUNT),
  microBatchSize: optional(COUNT),
};

/**
 * Computes mean and variance of each channel of a teacher's layers, over places and pictures: plain data, for
 * `Hint.whitening`. The same source gives the same numbers, so a resumed run may compute them again.
 *
 * @param layers - Names of the teacher's layers.
 * @param source - Training data; its first batches of epoch 0 are read.
 * @returns Statistics in the order of `layers`.
 * @throws TypeError for an argument of the wrong type. RangeError for an unknown layer or an invalid batch.
 *
 * @example
 * const cnn = tfl.sequential();
 * cnn.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 3], name: "map" }));
 * cnn.add(tfl.layers.globalAveragePooling2d({}));
 * cnn.add(tfl.layers.dense({ units: 5 }));
 * const [statistics] = await featureStatistics(layersTeacher(cnn), ["map"], train);
 * console.log(statistics.mean.length); // 2
 */
export async function featureStatistics(
  teacher: LayeredTeacher,
  layers: readonly string[],
  source: DataSource,
  options: FeatureStatisticsOptions = {},
): Promise<FeatureStatistics[]> {
  requireOptions("featureStatistics", options, CHECKS);
  requireArguments("featureStatistics", { teacher, layers }, { teacher: LAYERED_TEACHER, layers: LIST });
  requireSource("featureStatistics", source);
  const { samples = 512, microBatchSize = 16 } = options;
  const sums = layers.map((): Sums => ({ count: 0, sum: [], squares: [] }));
  let seen = 0;
  const place = "featureStatistics";
  for await (const batch of checkedBatches({
    source,
    classes: teacher.classes,
    epoch: 0,
    place,
    unlabeled: true,
    multiLabel: "any",
  })) {
    for (const [start, end] of microBatchRanges(batch.labels.length, microBatchSize)) {
      const micro = toMicroBatch(rowsOfBatch(batch, start, end));
      try {
        const { logits, features } = await teacher.layers.run(micro.teacherImages, layers);
        logits.dispose();
        for (const [i, tensor] of features.entries()) await addTo(sums[i]!, tensor);
        tf.dispose([...features]);
      } finally {
        disposeMicroBatch(micro);
      }
    }
    seen += batch.labels.length;
    if (seen >= samples) break;
  }
  return sums.map(({ count, sum, squares }) => {
    const mean = sum.map((total) => total / count);
    return { mean, variance: squares.map((total, c) => Math.max(0, total / count - mean[c]! ** 2)) };
  });
}

/** Sums of a layer's channels, in float64. */
interface Sums {
  count: number;
  sum: number[];
  squares: number[];
}

async function addTo(sums: Sums, features: tf.Tensor): Promise<void> {
  const channels = features.shape.at(-1)!;
  const values = await features.data();
  for (let c = 0; c < channels; c++) {
    sums.sum[c] ??= 0;
    sums.squares[c] ??= 0;
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    sums.sum[i % channels]! += value;
    sums.squares[i % channels]! += value * value;
  }
  sums.count += values.length / channels;
}

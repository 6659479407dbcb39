import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type Checks,
  COUNT,
  FUNCTION,
  having,
  optional,
  requireArguments,
  requireOptions,
} from "known-options";
import {
  arraySource,
  type Communicator,
  type DataSource,
  nextTask,
  pickRows,
  requireSource,
} from "train-loop";
import { type Preprocess, toSymmetricRange } from "../models/preprocess.ts";
import { ALONE, ownRows, RANK_SHARE, takesShards } from "../own-rows.ts";
import { type Features, gatherFeatures } from "./gather-features.ts";

/** Features of pictures of any model that is not a layers model: a graph, an ONNX session, a service. */
export interface FeatureExtractor {
  /** Length of a feature vector. */
  readonly width: number;
  /**
   * Computes feature vectors.
   *
   * @param images - `[batch, height, width, 3]`, float32, 0…255. Not disposed.
   * @returns `[batch, width]`; owned by the caller.
   */
  features(images: tf.Tensor): tf.Tensor2D | Promise<tf.Tensor2D>;
}

/** Options of {@link extractFeatures}. */
export interface ExtractFeaturesOptions {
  /** Preprocessing of images in 0…255 to the input. Default {@link toSymmetricRange}, and of a `FeatureExtractor` none. */
  readonly preprocess?: Preprocess;
  /** Images per pass of the model. Default 8. */
  readonly microBatchSize?: number;
  /** Programs that divide the samples: each computes its rows of each batch, and all get everything. Default: none. */
  readonly communicator?: Communicator;
  /** Callback with the number of samples done. */
  readonly onProgress?: (samples: number) => void;
}

const CHECKS: Checks<ExtractFeaturesOptions> = {
  preprocess: optional(FUNCTION),
  microBatchSize: optional(COUNT),
  communicator: optional(
    having("a Communicator", (it) => RANK_SHARE.fits(it) && typeof it.broadcast === "function"),
  ),
  onProgress: optional(FUNCTION),
};

const EXTRACTOR = having(
  "a layers model, or features with their width",
  (it) => Array.isArray(it.outputs) || (typeof it.features === "function" && typeof it.width === "number"),
);

/**
 * Computes a frozen model's features of every sample of a source's epoch 0, in order. Several programs with a `communicator` divide the
 * work, and all get everything; the values are those of one program if a row's features do not depend on the other rows.
 *
 * @param model - Model `[batch, height, width, 3]` → `[batch, width]`, or a {@link FeatureExtractor}, which preprocesses by itself.
 * @param source - Data source, usually without augmentation.
 * @throws TypeError for an unknown option. RangeError if one is out of range, the model's output is not a vector, or the source is
 * empty.
 *
 * @example
 * const features = await extractFeatures(model, train);
 * console.log(features.values.length === train.size * features.width); // true
 */
export async function extractFeatures(
  model: tfl.LayersModel | FeatureExtractor,
  source: DataSource,
  options: ExtractFeaturesOptions = {},
): Promise<Features> {
  requireOptions("extractFeatures", options, CHECKS);
  const { microBatchSize = 8, communicator, onProgress } = options;
  requireArguments("extractFeatures", { model }, { model: EXTRACTOR });
  requireSource("extractFeatures", source);
  const { width, features } = extractorOf(model, options.preprocess);
  const share = communicator ?? ALONE;
  const outputs: Float32Array[] = [];
  const labels: number[] = [];
  const batchRows: number[] = [];
  let done = 0;
  const made = takesShards(source, share) ? source.shardsFrom(0, 0, share) : source.batches(0);
  for await (const { batch, own, total } of ownRows(made, share)) {
    const { images, shape, labels: classes } = own.length === total ? batch : pickRows(batch, own);
    const [count = 0, ...sample] = shape;
    const stride = images.length / count;
    for (let start = 0; start < count; start += microBatchSize) {
      const end = Math.min(start + microBatchSize, count);
      const part = tf.tensor(images.subarray(start * stride, end * stride), [end - start, ...sample]);
      const output = await (async () => features(part))().finally(() => part.dispose());
      outputs.push((await output.data()) as Float32Array);
      output.dispose();
    }
    for (const label of classes) labels.push(label);
    batchRows.push(total);
    done += total;
    onProgress?.(done);
    await nextTask();
  }
  const values = new Float32Array(labels.length * width);
  outputs.reduce((at, output) => {
    values.set(output, at);
    return at + output.length;
  }, 0);
  const found = { values, width, labels: Int32Array.from(labels) };
  return share.size === 1 ? found : gatherFeatures(found, batchRows, communicator!);
}

/** A model with its preprocessing as a {@link FeatureExtractor}. */
function extractorOf(
  model: tfl.LayersModel | FeatureExtractor,
  preprocess: Preprocess | undefined,
): FeatureExtractor {
  if ("features" in model) {
    if (preprocess === undefined) return model;
    return {
      width: model.width,
      async features(images) {
        const inputs = tf.tidy(() => tf.clone(preprocess(images))); // it may return its argument
        return (async () => model.features(inputs))().finally(() => inputs.dispose());
      },
    };
  }
  const prepare = preprocess ?? toSymmetricRange;
  return {
    width: widthOf(model),
    // Cloned: preprocessing, or a model without computing layers, may return its argument.
    features: (images) => tf.tidy(() => tf.clone(model.predict(prepare(images)) as tf.Tensor2D)),
  };
}

/**
 * Returns a data source over stored features, shuffled anew every epoch.
 *
 * @param seed - Seed of the order, uint32.
 * @throws RangeError if there are none, or `batchSize` is not an integer ≥ 1.
 *
 * @example
 * import { fit } from "train-loop";
 *
 * const head = tfl.sequential({ layers: [tfl.layers.dense({ units: 5, inputShape: [features.width] })] });
 * await fit(classification({ model: head }), optimizer, featureSource(features, 128, 42), { epochs: 30 });
 */
export function featureSource(features: Features, batchSize: number, seed: number): DataSource {
  requireArguments(
    "featureSource",
    { features },
    { features: having("Features", (it) => it.values instanceof Float32Array) },
  );
  const { values, width, labels } = features;
  const size = labels.length;
  requireOptions("featureSource", { batchSize, samples: size }, { batchSize: COUNT, samples: COUNT });
  return arraySource({ images: values, shape: [size, width], labels }, { batchSize, seed });
}

/** Returns the length of a model's feature vectors. @throws RangeError if its output is not one vector per image. */
export function widthOf(model: tfl.LayersModel): number {
  const [, width, ...more] = model.outputs[0]?.shape ?? [];
  if (model.outputs.length !== 1 || !width || more.length > 0) {
    const shapes = model.outputs.map(({ shape }) => `[${shape}]`).join(", ");
    throw new RangeError(`extractFeatures: the model must give [batch, width], got ${shapes}`);
  }
  return width;
}

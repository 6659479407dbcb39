import type * as tf from "@tensorflow/tfjs-core";
import { requireArguments, requireOptions, TENSOR } from "known-options";
import { ARRAY_SOURCE_CHECKS, type ArraySourceOptions, arraySource } from "./array-source.ts";
import type { DataSource } from "./data-source.ts";
import { readSamples } from "./tf-data.ts";

/**
 * Returns a {@link DataSource} over the samples of two tensors, as for tfjs' own `model.fit(xs, ys)`. They are copied to the host once; order and
 * keys are those of `arraySource`, so a run resumes exactly.
 *
 * @param xs - `[samples, …sample]`, float32 or int32; images are NHWC, RGB, 0…255. Not disposed.
 * @param ys - Class of each sample, `[samples]`, or one-hot, `[samples, classes]`. Not disposed.
 * @throws TypeError for an unknown option or what is no tensor. RangeError for other shapes, a label that is not an integer, or a row that is not
 * one-hot: the row is named.
 *
 * @example
 * const source = await fromTensors(tf.ones([6, 4]), tf.tensor1d([0, 1, 2, 0, 1, 2], "int32"), { batchSize: 4 });
 * for await (const { shape } of source.batches(0)) console.log(shape); // [4, 4], [2, 4]
 */
export async function fromTensors(
  xs: tf.Tensor,
  ys: tf.Tensor,
  options: ArraySourceOptions,
): Promise<DataSource> {
  requireOptions("fromTensors", options, ARRAY_SOURCE_CHECKS);
  requireArguments("fromTensors", { xs, ys }, { xs: TENSOR, ys: TENSOR });
  return arraySource(await readSamples("fromTensors", xs, ys), options);
}

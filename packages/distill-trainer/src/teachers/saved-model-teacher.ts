import * as tf from "@tensorflow/tfjs-core";
import { requireArguments, requireOptions } from "known-options";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import {
  chooseOutput,
  MODEL_TEACHER_CHECKS,
  type ModelTeacherOptions,
  PREDICTOR,
  takeOutput,
} from "./model-output.ts";
import type { Teacher } from "./teacher.ts";

/** A `TFSavedModel` of tfjs-node. */
export interface SavedModel extends tf.InferenceModel {
  /** Node names by name of the signature's outputs. */
  readonly outputNodeNames: Readonly<Record<string, string>>;
}

/** Backend of tfjs-node and tfjs-node-gpu. */
const TENSORFLOW = "tensorflow";

/**
 * Creates a {@link Teacher} from a TensorFlow SavedModel, loaded by `tf.node.loadSavedModel` of `@tensorflow/tfjs-node` or
 * `-gpu` before another backend is chosen. The model stays the caller's. It takes NHWC images.
 *
 * The student may be on any backend: images and logits are copied to TensorFlow and back if necessary. tfjs-node does not
 * expose a SavedModel's operations: probabilities are recognized by the first rows, and a sigmoid needs `outputs: "sigmoid"`.
 *
 * @param model - Model with one input; `options.output` is a name of its signature.
 * @throws TypeError if `model` is not a model. RangeError if the output with the classes, or their number, is ambiguous. `logits`
 * throws an Error if tfjs-node is not imported or the outputs are not finite.
 *
 * @example
 * ```ts norun
 * const model = await tfn.node.loadSavedModel("bit_teacher_flowers"); // tfn: @tensorflow/tfjs-node
 * const teacher = savedModelTeacher(model, { preprocess: (images) => tf.clone(images) }); // it scales by itself
 * ```
 */
export function savedModelTeacher(model: SavedModel, options: ModelTeacherOptions = {}): Teacher {
  requireOptions("savedModelTeacher", options, MODEL_TEACHER_CHECKS);
  requireArguments("savedModelTeacher", { model }, { model: PREDICTOR });
  const { preprocess = toUnitRange, outputs: given } = options;
  // Before `outputs`, whose getter in tfjs-node changes node names that were not read yet.
  const names = Object.keys(model.outputNodeNames);
  const outputs = model.outputs.map(({ shape }, i) => ({ name: names[i]!, shape: dimensionsOf(shape) }));
  const output = chooseOutput("savedModelTeacher", outputs, options);
  const run = (inputs: tf.Tensor): tf.Tensor2D => takeOutput(model.predict(inputs, {}), output);
  const reader = logitsOf("savedModelTeacher", { outputs: given }, async (images) => {
    if (tf.getBackend() === TENSORFLOW) return [tf.tidy(() => run(preprocess(images)))];
    const inputs = tf.tidy(() => tf.clone(preprocess(images))); // it may return its argument
    const pixels = await inputs.data();
    inputs.dispose();
    const values = await onTensorFlow(() =>
      tf.tidy(() => run(tf.tensor(pixels, inputs.shape, "float32")).dataSync()),
    );
    return [tf.tensor2d(values as Float32Array, [inputs.shape[0]!, output.classes], "float32")];
  });
  return Object.assign(reader, { classes: output.classes });
}

/** Runs a synchronous function while TensorFlow is tfjs' backend. */
async function onTensorFlow<T>(use: () => T): Promise<T> {
  const before = tf.getBackend();
  if (tf.findBackendFactory(TENSORFLOW) === null) {
    throw new Error("savedModelTeacher: @tensorflow/tfjs-node or -gpu must be imported, got neither");
  }
  await tf.setBackend(TENSORFLOW);
  try {
    return use();
  } finally {
    await tf.setBackend(before);
  }
}

/** Returns a shape from tfjs-node's protobuf messages, one per dimension; an unknown one is -1. */
function dimensionsOf(shape: readonly unknown[] | undefined): readonly number[] | undefined {
  return shape?.map((side) => (typeof side === "number" ? side : (side as { getSize(): number }).getSize()));
}

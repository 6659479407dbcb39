import * as tf from "@tensorflow/tfjs-core";
import { requireOptions } from "known-options";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import { chooseOutput, MODEL_TEACHER_CHECKS, type ModelTeacherOptions, takeOutput } from "./model-output.ts";
import type { Teacher } from "./teacher.ts";

/** What tfjs-node's `TFSavedModel` is to us. */
export interface SavedModel extends tf.InferenceModel {
  /** Node names by the names of the signature's outputs. */
  readonly outputNodeNames: Readonly<Record<string, string>>;
}

/** The backend that TensorFlow itself runs behind: the one of tfjs-node and tfjs-node-gpu. */
const TENSORFLOW = "tensorflow";

/**
 * A TensorFlow SavedModel as a {@link Teacher}: what `tf.node.loadSavedModel` of `@tensorflow/tfjs-node` or `-gpu` gives,
 * before another backend is chosen. The model stays the caller's. It takes NHWC images.
 *
 * The student may be on any backend: images and logits are copied to TensorFlow and back where it is on another.
 *
 * tfjs-node does not show a SavedModel's operations: whether it gives logits or probabilities is seen from its first rows, and
 * `outputs: "sigmoid"` must be said.
 *
 * @param model - With one input; `options.output` is a name of its signature.
 * @throws RangeError if it is not clear which output has the classes, or how many it has. `logits` throws Error if tfjs-node is
 * not there, or the outputs are not finite.
 *
 * @example
 * ```ts norun
 * const model = await tfn.node.loadSavedModel("bit_teacher_flowers"); // tfn: @tensorflow/tfjs-node
 * const teacher = savedModelTeacher(model, { preprocess: (images) => tf.clone(images) }); // it scales by itself
 * ```
 */
export function savedModelTeacher(model: SavedModel, options: ModelTeacherOptions = {}): Teacher {
  requireOptions("savedModelTeacher", options, MODEL_TEACHER_CHECKS);
  const { preprocess = toUnitRange, outputs: given } = options;
  // These first: tfjs-node's `outputs` changes the node names that it has not given away yet.
  const names = Object.keys(model.outputNodeNames);
  const outputs = model.outputs.map(({ shape }, i) => ({ name: names[i]!, shape: dimensionsOf(shape) }));
  const output = chooseOutput("savedModelTeacher", outputs, options);
  const run = (inputs: tf.Tensor): tf.Tensor2D => takeOutput(model.predict(inputs, {}), output);
  const reader = logitsOf("savedModelTeacher", { outputs: given }, async (images) => {
    if (tf.getBackend() === TENSORFLOW) return tf.tidy(() => run(preprocess(images)));
    const inputs = tf.tidy(() => tf.clone(preprocess(images))); // it may return its argument
    const pixels = await inputs.data();
    inputs.dispose();
    const values = await onTensorFlow(() =>
      tf.tidy(() => run(tf.tensor(pixels, inputs.shape, "float32")).dataSync()),
    );
    return tf.tensor2d(values as Float32Array, [inputs.shape[0]!, output.classes], "float32");
  });
  return Object.assign(reader, { classes: output.classes });
}

/** Runs `use`, which must not wait for anything, while TensorFlow is tfjs' backend. */
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

/** tfjs-node gives a shape as the protobuf's messages, one a dimension; an unknown one is -1. */
function dimensionsOf(shape: readonly unknown[] | undefined): readonly number[] | undefined {
  return shape?.map((side) => (typeof side === "number" ? side : (side as { getSize(): number }).getSize()));
}

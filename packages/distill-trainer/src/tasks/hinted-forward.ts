import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Prepared } from "train-loop";
import type { FeatureHints } from "../hints/feature-hints.ts";

/** A student's outputs in training, and what hints add to its loss. */
interface HintedForward {
  readonly outputs: readonly tf.Tensor[];
  /** Term of the loss; 0 where the hints' weight is, absent without hints. */
  readonly term?: tf.Scalar;
}

/** Runs a student once, for its outputs and for the term of its hints. */
export function forwardHinted(
  student: tfl.LayersModel,
  hints: FeatureHints | undefined,
  { inputs, teacherFeatures, stepNumbers }: Prepared,
  kwargs: object,
): HintedForward {
  if (hints === undefined || teacherFeatures === undefined) {
    const outputs = [student.apply(inputs, { ...kwargs }) as tf.Tensor | tf.Tensor[]].flat();
    return { outputs, ...(hints !== undefined && { term: tf.scalar(0) }) };
  }
  const { outputs, features } = hints.apply(inputs, kwargs);
  return { outputs, term: hints.loss(teacherFeatures, features, stepNumbers) };
}

import * as tf from "@tensorflow/tfjs-core";
import { type Check, type Checks, COUNT, FUNCTION, having, oneOf, optional, STRING } from "known-options";
import type { Preprocess } from "../models/preprocess.ts";
import type { ModelOutputs } from "./outputs.ts";

/** Options of a model as a teacher. */
export interface ModelTeacherOptions {
  /** Preprocessing of images in 0…255 to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
  /**
   * Kind of the model's outputs. Default `"auto"`: as its last layer or operation, else `"probabilities"` if its first rows are
   * not negative and sum to 1, else `"logits"`. A sigmoid is recognized by the layer or operation only.
   */
  readonly outputs?: ModelOutputs | "auto";
  /** Name of the output with the classes; required if there are several outputs. */
  readonly output?: string;
  /** Number of classes; required if the model does not declare it. */
  readonly classes?: number;
}

/** Check of `outputs`. */
export const OUTPUTS: Check = optional(oneOf("auto", "logits", "probabilities", "sigmoid"));
/** Checks of {@link ModelTeacherOptions}. */
export const MODEL_TEACHER_CHECKS: Checks<ModelTeacherOptions> = {
  preprocess: optional(FUNCTION),
  outputs: OUTPUTS,
  output: optional(STRING),
  classes: optional(COUNT),
};

/** A model that predicts. */
export const PREDICTOR: Check = having(
  "a model with outputs and predict",
  (it) => Array.isArray(it.outputs) && typeof it.predict === "function",
);

/** Declared name and shape of an output. */
interface OutputInfo {
  readonly name: string;
  readonly shape?: readonly (number | string)[] | undefined;
}

/** An output of a model. */
export interface ChosenOutput {
  readonly index: number;
  readonly name: string;
  readonly classes: number;
}

/** Chooses the output with the classes. @throws RangeError if it, or the number of classes, is ambiguous. */
export function chooseOutput(
  caller: string,
  outputs: readonly OutputInfo[],
  { output, classes }: ModelTeacherOptions,
): ChosenOutput {
  const names = outputs.map(({ name }) => name);
  const index = output === undefined ? 0 : names.indexOf(output);
  if (index < 0 || (output === undefined && names.length !== 1)) {
    const got = output === undefined ? "none was named" : `got '${output}'`;
    throw new RangeError(`${caller}: output must be one of ${names.join(", ")}; ${got}`);
  }
  const { name, shape } = outputs[index]!;
  const own = shape?.length === 2 ? Number(shape[1]) : Number.NaN;
  const isKnown = Number.isInteger(own) && own >= 1;
  const width = isKnown ? own : classes;
  if ((isKnown && classes !== undefined && classes !== own) || width === undefined) {
    const says = isKnown ? `has ${own} classes` : "does not say how many classes it has";
    throw new RangeError(`${caller}: the output '${name}' ${says}, classes is ${classes ?? "not given"}`);
  }
  if (!isKnown && shape !== undefined && shape.length !== 2) {
    throw new RangeError(
      `${caller}: the output '${name}' must have the shape [batch, classes], got [${shape}]`,
    );
  }
  return { index, name, classes: width };
}

/** Returns the chosen output from the result of `predict`; the other tensors are freed. */
export function takeOutput(
  result: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap,
  { index }: ChosenOutput,
): tf.Tensor2D {
  const all = result instanceof tf.Tensor ? [result] : Object.values(result);
  tf.dispose(all.filter((_, i) => i !== index));
  return all[index] as tf.Tensor2D;
}

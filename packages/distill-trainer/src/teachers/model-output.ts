import * as tf from "@tensorflow/tfjs-core";
import { type Check, type Checks, COUNT, FUNCTION, oneOf, optional, STRING } from "known-options";
import type { Preprocess } from "../models/preprocess.ts";
import type { ModelOutputs } from "./outputs.ts";

/** How a model is used as a teacher. */
export interface ModelTeacherOptions {
  /** From images in 0…255 to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
  /**
   * What the model gives. Default `"auto"`: what its last layer or operation says, else `"probabilities"` if its first rows are
   * not negative and sum to 1, else `"logits"`. The outputs of a sigmoid are known by the layer or the operation only.
   */
  readonly outputs?: ModelOutputs | "auto";
  /** Name of the output that has the classes, where there are several. */
  readonly output?: string;
  /** Width of the output, where the model does not say. */
  readonly classes?: number;
}

/** The check of `outputs`. */
export const OUTPUTS: Check = optional(oneOf("auto", "logits", "probabilities", "sigmoid"));
/** Checks of {@link ModelTeacherOptions}. */
export const MODEL_TEACHER_CHECKS: Checks<ModelTeacherOptions> = {
  preprocess: optional(FUNCTION),
  outputs: OUTPUTS,
  output: optional(STRING),
  classes: optional(COUNT),
};

/** What a model says of one of its outputs. */
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

/** @throws RangeError if it is not clear which output is meant, or how many classes it has. */
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

/** The chosen output out of what `predict` gave, one tensor or all in the order of the outputs; the others are freed. */
export function takeOutput(
  result: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap,
  { index }: ChosenOutput,
): tf.Tensor2D {
  const all = result instanceof tf.Tensor ? [result] : Object.values(result);
  tf.dispose(all.filter((_, i) => i !== index));
  return all[index] as tf.Tensor2D;
}

import * as tf from "@tensorflow/tfjs-core";
import type { StepInputSpec, StepInputs } from "kernel-contract";
import type { MicroBatch, Prepared } from "../../../task.ts";

/** What a pass over a micro-batch computes from. */
export interface PassData {
  readonly prepared: Prepared;
  readonly labeled: Pick<MicroBatch, "labels" | "targets">;
  readonly sampleKeys: Uint32Array | tf.Tensor1D;
  /** The micro-batch's share of the batch's rows. */
  readonly weight: tf.Scalar | number;
}

type Values = StepInputs[string];

const FEATURE = "teacherFeatures/";

/** Those of {@link Prepared}: a pass that is recorded knows no others. */
const FIELDS: Readonly<Record<keyof Prepared, true>> = {
  inputs: true,
  targets: true,
  labelWeights: true,
  teacherLogits: true,
  teacherFeatures: true,
  stepNumbers: true,
};

/** The first field that a task has prepared beside those of {@link Prepared}. */
export function otherField(prepared: Prepared): string | undefined {
  return Object.keys(prepared).find((name) => !(name in FIELDS));
}

/** A pass's data as inputs by name. */
export function inputsOf({ prepared, labeled, sampleKeys, weight }: PassData): Record<string, Values> {
  const { teacherFeatures = [], inputs, targets, labelWeights, teacherLogits, stepNumbers } = prepared;
  const optional = { labelWeights, teacherLogits, stepNumbers, softTargets: labeled.targets };
  return {
    inputs,
    targets,
    labels: labeled.labels,
    ...(Object.fromEntries(Object.entries(optional).filter(([, tensor]) => tensor)) as StepInputs),
    ...Object.fromEntries(teacherFeatures.map((tensor, i) => [`${FEATURE}${i}`, tensor])),
    sampleKeys: sampleKeys as Uint32Array,
    weight: typeof weight === "number" ? Float32Array.of(weight) : weight,
  };
}

/** A pass's data from the tensors of its inputs. */
export function dataOf(tensors: Readonly<Record<string, tf.Tensor>>): PassData {
  const { inputs, targets, labels, labelWeights, teacherLogits, stepNumbers } = tensors;
  const { softTargets, sampleKeys, weight } = tensors;
  const features = Object.entries(tensors).flatMap(([name, tensor]) =>
    name.startsWith(FEATURE) ? [tensor] : [],
  );
  return {
    prepared: {
      inputs: inputs!,
      targets: targets as tf.Tensor2D,
      ...(labelWeights && { labelWeights: labelWeights as tf.Tensor1D }),
      ...(teacherLogits && { teacherLogits: teacherLogits as tf.Tensor2D }),
      ...(stepNumbers && { stepNumbers: stepNumbers as tf.Tensor1D }),
      ...(features.length > 0 && { teacherFeatures: features }),
    },
    labeled: { labels: labels as tf.Tensor1D, ...(softTargets && { targets: softTargets as tf.Tensor2D }) },
    sampleKeys: sampleKeys as tf.Tensor1D,
    weight: weight as tf.Scalar,
  };
}

/** Shapes and types of inputs, as a step is captured for. */
export function specsOf(inputs: StepInputs): Record<string, StepInputSpec> {
  const specOf = (name: string, values: Values): StepInputSpec => {
    if (values instanceof tf.Tensor) return { shape: values.shape, dtype: values.dtype as "float32" };
    if (values instanceof Float32Array) return { shape: name === "weight" ? [] : [values.length] };
    return { shape: [values.length], dtype: "int32" };
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, specOf(name, values)]));
}

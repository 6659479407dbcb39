import * as tf from "@tensorflow/tfjs-core";
import type { BatchGradients } from "./engine/engine.ts";
import type { GradientTransform } from "./gradient-transform.ts";
import type { WeightAverage } from "./weight-average.ts";

/** How a step is taken once its gradients are known. */
export interface StepOptions {
  readonly optimizer: tf.Optimizer;
  /** Default: the optimizer gets the gradients as they are. */
  readonly gradientTransform?: GradientTransform;
  /** Updated after each step; stays the caller's. */
  readonly average?: WeightAverage;
}

/** Transforms the gradients, takes the step, updates the average. Frees the gradients. */
export function takeStep(
  { optimizer, gradientTransform, average }: StepOptions,
  gradients: tf.NamedTensorMap,
): void {
  if (gradientTransform === undefined) {
    optimizer.applyGradients(gradients);
  } else {
    const transformed = gradientTransform.apply(gradients);
    optimizer.applyGradients(transformed);
    tf.dispose(transformed);
  }
  tf.dispose(gradients);
  average?.update();
}

/** The learning rate of the step after `steps` others; `undefined` for an optimizer that does not tell. */
export function learningRateOf(optimizer: tf.Optimizer, steps: number): number | undefined {
  const own = optimizer as { learningRateAt?(step: number): number; learningRate?: unknown };
  if (own.learningRateAt !== undefined) return own.learningRateAt(steps);
  return typeof own.learningRate === "number" ? own.learningRate : undefined;
}

/** Where in a run something is. */
export interface Place {
  /** Optimizer steps before it. */
  readonly step: number;
  readonly epoch: number;
  /** Index in the epoch. */
  readonly batch: number;
}

/**
 * The norm of a step's gradients, all finite as the loss is.
 *
 * @throws Error that names the place and the first bad variable.
 */
export async function requireFinite(
  variables: readonly tf.Variable[],
  { gradients, logs, squaredNorms }: BatchGradients,
  place: Place,
): Promise<number> {
  const loss = logs.loss!;
  const sum = squaredNorms.reduce((total, x) => total + x, 0);
  if (Number.isFinite(loss) && Number.isFinite(sum)) return Math.sqrt(sum);

  const bad = await firstBad(variables, gradients);
  if (Number.isFinite(loss) && bad === undefined) return Math.sqrt(sum); // only the squares are beyond float32
  const what = Number.isFinite(loss)
    ? `gradients must be finite, got ${bad!.value}`
    : `loss must be finite, got ${loss}`;
  const where = `in epoch ${place.epoch}, batch ${place.batch}; no step was taken`;
  const cause =
    bad === undefined ? "all variables and gradients are finite" : `the first bad one is ${bad.what}`;
  throw new Error(`fitDataset: the ${what} ${where} (step ${place.step}; ${cause})`);
}

interface Bad {
  readonly what: string;
  readonly value: number;
}

async function firstBad(
  variables: readonly tf.Variable[],
  gradients: tf.NamedTensorMap,
): Promise<Bad | undefined> {
  for (const variable of variables) {
    const own = (await variable.data()).find((x) => !Number.isFinite(x));
    if (own !== undefined) return { what: `the variable '${variable.name}' itself`, value: own };
  }
  for (const { name } of variables) {
    const value = (await gradients[name]?.data())?.find((x) => !Number.isFinite(x));
    if (value !== undefined) return { what: `the gradient of '${name}'`, value };
  }
  return undefined;
}

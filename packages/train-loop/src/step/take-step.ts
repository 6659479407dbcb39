import * as tf from "@tensorflow/tfjs-core";
import { type Checks, check, optional } from "known-options";
import type { GradientTransform, ModelEma } from "tfjs-optim";
import { type BadNumber, badVariable } from "../checks/finite-tensors.ts";
import type { Task } from "../task.ts";
import type { BatchGradients } from "./batch-sum.ts";

/** Options of an optimizer step. */
export interface StepOptions {
  /** Optimizer, of tfjs or `tfjs-optim`. */
  readonly optimizer: tf.Optimizer;
  /** Transform of the gradients, such as `clipByGlobalNorm(1)`. Default: none. */
  readonly gradientTransform?: GradientTransform;
  /** Moving average of the weights, updated after each step; stays the caller's. Default: none. */
  readonly ema?: ModelEma;
}

/** Checks of {@link StepOptions}. */
export const STEP_CHECKS: Checks<StepOptions> = {
  optimizer: check("a tf.Optimizer, such as an AdamW", (value) =>
    hasMethods(value, "applyGradients", "getWeights"),
  ),
  gradientTransform: optional(
    check(
      "a GradientTransform { name, apply }",
      (value) => hasMethods(value, "apply") && typeof (value as GradientTransform).name === "string",
    ),
  ),
  ema: optional(check("a ModelEma", (value) => hasMethods(value, "update", "within"))),
};

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function");
}

/** Transforms the gradients, takes the step, updates the average. The gradients stay the caller's. */
export function takeStep(
  { optimizer, gradientTransform, ema }: StepOptions,
  gradients: tf.NamedTensorMap,
): void {
  const transformed = gradientTransform?.apply(gradients);
  optimizer.applyGradients(transformed ?? gradients);
  tf.dispose(transformed ?? []);
  ema?.update();
}

/**
 * Returns the learning rate of the next step, after `steps`; `undefined` if the optimizer does not expose it.
 *
 * @throws RangeError if it is negative or not finite.
 */
export function learningRateOf(optimizer: tf.Optimizer, steps: number): number | undefined {
  const own = optimizer as { learningRateAt?(step: number): number; learningRate?: unknown };
  const rate = own.learningRateAt === undefined ? own.learningRate : own.learningRateAt(steps);
  if (typeof rate !== "number") return undefined;
  if (!(Number.isFinite(rate) && rate >= 0)) {
    throw new RangeError(
      `fit: the learning rate of step ${steps + 1} must be a finite number >= 0, got ${rate}`,
    );
  }
  return rate;
}

/**
 * Returns the norm of a step's gradients.
 *
 * @throws Error that names the first variable or gradient that is not finite, if the loss or a gradient is not.
 */
export async function requireFinite(
  task: Task,
  { gradients, logs, squaredNorms }: BatchGradients,
): Promise<number> {
  const loss = logs.loss!;
  const sum = squaredNorms.reduce((total, x) => total + x, 0);
  if (Number.isFinite(loss) && Number.isFinite(sum)) return Math.sqrt(sum);

  const bad = (await badVariable(task)) ?? (await badGradient(task.variables, gradients));
  if (Number.isFinite(loss) && bad === undefined) return Math.sqrt(sum); // only the squares overflow float32
  const what = Number.isFinite(loss)
    ? `gradients must be finite, got ${bad!.value}`
    : `loss must be finite, got ${loss}`;
  const cause =
    bad === undefined ? "all variables and gradients are finite" : `the first bad one is ${bad.what}`;
  throw new Error(`fit: the ${what} (${cause})`);
}

async function badGradient(
  variables: readonly tf.Variable[],
  gradients: tf.NamedTensorMap,
): Promise<BadNumber | undefined> {
  for (const { name } of variables) {
    const value = (await gradients[name]?.data())?.find((x) => !Number.isFinite(x));
    if (value !== undefined) return { what: `the gradient of '${name}'`, value };
  }
  return undefined;
}

import type * as tf from "@tensorflow/tfjs-core";
import type { ModelOutputs } from "./outputs.ts";

/** Largest distance from 1 of a row's sum, for float16 probabilities. */
const SUM_ERROR = 2e-3;

/** Whether every row is a distribution: no negative values, and a sum of 1. */
export async function areProbabilities(raw: tf.Tensor2D): Promise<boolean> {
  const [rows, classes] = raw.shape;
  const values = await raw.data();
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const value of values.subarray(row * classes, (row + 1) * classes)) {
      if (!(value >= 0)) return false;
      sum += value;
    }
    if (!(Math.abs(sum - 1) <= SUM_ERROR)) return false;
  }
  return true;
}

/** Throws an Error that names the first row with NaN or an infinity. */
export async function requireFinite(caller: string, raw: tf.Tensor2D): Promise<void> {
  const values = await raw.data();
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const classes = raw.shape[1];
  throw new Error(
    `${caller}: the model's outputs must be finite, got ${values[at]} for class ${at % classes} of image ${Math.floor(at / classes)}`,
  );
}

/** Throws an Error if rows cannot be outputs of the given kind. */
export async function requireFitting(caller: string, raw: tf.Tensor2D, taken: ModelOutputs): Promise<void> {
  if (taken === "logits") return;
  const fits =
    taken === "probabilities"
      ? await areProbabilities(raw)
      : (await raw.data()).every((value) => value >= 0 && value <= 1);
  if (fits) return;
  const expected = taken === "sigmoid" ? "numbers in [0, 1]" : "rows of probabilities that sum to 1";
  const row = (await raw.data()).slice(0, Math.min(raw.shape[1], 4));
  throw new Error(
    `${caller}: outputs taken as "${taken}" must be ${expected}, got a batch that begins with ${[...row].join(", ")}; ` +
      `say what they are with the option outputs`,
  );
}

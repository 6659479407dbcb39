import * as tf from "@tensorflow/tfjs-core";
import { type ModelOutputs, toLogits } from "./outputs.ts";
import { areProbabilities, requireFinite, requireFitting } from "./rows.ts";
import type { Teacher } from "./teacher.ts";

/** What is known of a model before it is asked. */
export interface KnownOutputs {
  /** As the caller says. Default `"auto"`. */
  readonly outputs?: ModelOutputs | "auto" | undefined;
  /** As the model's last layer or operation says, if it does. */
  readonly read?: ModelOutputs | undefined;
}

/** Rows that decide whether a model gives probabilities. */
const DECIDING = 8;
/** Rows that are looked at: after those a model is trusted. */
const LOOKED_AT = 256;
/**
 * A model's logits, whatever it gives: what the caller says it gives, what its last layer says, or else what its rows look like.
 * Rows that are not negative and sum to 1 are probabilities; fewer than eight images are asked in darker versions too, for one row
 * may sum to 1 by chance. The first 256 rows are compared with what was taken.
 *
 * @param run - Images to `[batch, classes]`, float32, owned by us.
 * @returns Its `logits` throws Error for rows that are not finite or are not what they were taken for.
 */
export function logitsOf(
  caller: string,
  known: KnownOutputs,
  run: (images: tf.Tensor) => tf.Tensor2D | Promise<tf.Tensor2D>,
): Pick<Teacher, "logits" | "outputs"> {
  const { outputs = "auto", read } = known;
  let taken = outputs === "auto" ? read : outputs;
  let seen = 0;

  async function decide(images: tf.Tensor, raw: tf.Tensor2D): Promise<ModelOutputs> {
    if (raw.shape[0] >= DECIDING) return (await areProbabilities(raw)) ? "probabilities" : "logits";
    const darker = tf.tidy(() =>
      tf.concat(Array.from({ length: DECIDING }, (_, i) => tf.mul(images, 1 - i / DECIDING))),
    );
    try {
      const rows = await run(darker);
      const found = await areProbabilities(rows).finally(() => rows.dispose());
      return found ? "probabilities" : "logits";
    } finally {
      darker.dispose();
    }
  }

  return {
    get outputs() {
      return taken;
    },
    async logits(images) {
      const raw = await run(images);
      try {
        if (seen < LOOKED_AT) {
          await requireFinite(caller, raw);
          taken ??= await decide(images, raw);
          await requireFitting(caller, raw, taken);
          seen += raw.shape[0];
        }
        return toLogits(raw, taken ?? "logits");
      } finally {
        raw.dispose();
      }
    },
  };
}

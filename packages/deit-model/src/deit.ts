import * as tfl from "@tensorflow/tfjs-layers";
import type { VitConfig } from "./config.ts";
import { encoder, tokenHead } from "./encoder.ts";
import { requireDistilledConfig } from "./require-config.ts";

/**
 * Creates a distilled vision transformer: a ViT with a distillation token beside the class token, and a head for each.
 *
 * `[batch, height, width, channels]`, float32 → two outputs, logits `[batch, classes]` each, always in this order:
 * `classification_head` (learns from labels), `distillation_head` (learns from the teacher). For inference see
 * {@link averageHeads}. Registers come after the two tokens.
 *
 * @returns A tfjs model owned by the caller.
 * @throws RangeError if the config is not valid, or has `globalPool: "avg"` or `fcNorm: true`; before anything is allocated.
 * @see Touvron et al. 2020, section 4, https://arxiv.org/abs/2012.12877; https://keras.io/examples/vision/deit/
 *
 * @example
 * const student = deit({ ...config.keras, classes: 5 });
 * console.log(student.countParams()); // 9079498
 */
export function deit(config: VitConfig): tfl.LayersModel {
  requireDistilledConfig("deit", config);
  const { images, tokens } = encoder(config, true);
  const outputs = ["classification_head", "distillation_head"].map((name, i) =>
    tokenHead(tokens, name, config, i),
  );
  return tfl.model({ inputs: images, outputs, name: "deit" });
}

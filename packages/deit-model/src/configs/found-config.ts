import type { VitConfig } from "../config.ts";

/** A model that a published folder describes. */
export interface FoundConfig {
  /** The config of {@link deit} if `distilled`, else of {@link vit}. */
  readonly config: VitConfig;
  /** Whether the model has a distillation token and a head of it. */
  readonly distilled: boolean;
  /** Names of the classes in the order of the logits, if the file has any. Two classes may have one name. */
  readonly classNames?: string[];
  /** Family of the model, as transformers' `model_type`. */
  readonly family: "deit" | "vit" | "dinov2" | "dinov2_with_registers";
}

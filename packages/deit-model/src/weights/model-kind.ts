import type { ModelWeights } from "named-weights";

/** A family of transformers' models. */
export type HuggingFaceFamily = "vit" | "deit" | "dinov2" | "dinov2_with_registers";

/** What names depend on. */
export interface ModelKind {
  readonly distilled: boolean;
  readonly registers: boolean;
  /** Whether the MLPs are gated, gate and value in one matrix. */
  readonly gated: boolean;
  /** The family of transformers' that has the model's parts. */
  readonly family: HuggingFaceFamily;
}

/** Returns what kind of model these weights are of, by timm's keys. */
export function modelKind(weights: ModelWeights): ModelKind {
  const distilled = weights.has("dist_token");
  const registers = weights.has("reg_token");
  const first = weights.get("blocks.0.mlp.fc1.weight")?.shape[1];
  const gated = first !== weights.get("blocks.0.mlp.fc2.weight")?.shape[0];
  return { distilled, registers, gated, family: familyOf(weights, distilled, registers) };
}

function familyOf(weights: ModelWeights, distilled: boolean, registers: boolean): HuggingFaceFamily {
  if (distilled) return "deit";
  if (weights.has("blocks.0.ls1.gamma")) return registers ? "dinov2_with_registers" : "dinov2";
  return registers ? "deit" : "vit"; // DeiT's distillation token without its head is a register
}

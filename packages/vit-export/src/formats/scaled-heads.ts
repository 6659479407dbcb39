import type { TensorToWrite } from "safetensors-io";

/** Heads by timm's and transformers' names. */
const HEAD = /^(head|head_dist|classifier|cls_classifier|distillation_classifier)\.(weight|bias)$/;

/** Weights whose heads give logits divided by a temperature: a head is linear. */
export function scaledHeads(
  tensors: readonly TensorToWrite[],
  temperature: number,
): readonly TensorToWrite[] {
  if (temperature === 1) return tensors;
  return tensors.map((tensor) => {
    if (!HEAD.test(tensor.name)) return tensor;
    const { data } = tensor;
    return {
      ...tensor,
      data: async () => {
        const values = typeof data === "function" ? await data() : data;
        return Float32Array.from(values, (value) => value / temperature);
      },
    };
  });
}

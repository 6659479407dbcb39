import type { Attribute } from "onnx-writer";
import { cannot, type LayerCall } from "../converter.ts";

/** A node's padding: by numbers where the input's size is known, else by TensorFlow's rule. */
export type Pads = { readonly pads: Attribute } | { readonly auto_pad: Attribute };

/** Padding of a layer's first input by its config: `valid`, or `same` as TensorFlow has it, more after than before. */
export function padding(call: LayerCall, window: readonly number[], strides: readonly number[]): Pads {
  const kind = String(call.config.padding ?? "valid").toLowerCase();
  if (kind === "valid") return { pads: { ints: [0, 0, 0, 0] } };
  if (kind !== "same") throw cannot(call, `expected padding valid or same, got ${kind}`);
  const sizes = call.inputs[0]!.shape.slice(1, 3);
  if (sizes.includes(null)) return { auto_pad: { string: "SAME_UPPER" } };
  const totals = sizes.map((size, i) => {
    const outputs = Math.ceil(size! / strides[i]!);
    return Math.max(0, (outputs - 1) * strides[i]! + window[i]! - size!);
  });
  const before = totals.map((total) => Math.floor(total / 2));
  return { pads: { ints: [...before, ...totals.map((total, i) => total - before[i]!)] } };
}

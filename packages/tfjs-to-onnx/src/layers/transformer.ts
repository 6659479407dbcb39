// Layers of vit-blocks in a transformer's block.
import type { Builder } from "../builder.ts";
import type { Converter, LayerCall } from "../converter.ts";
import { type Value, value } from "../value.ts";
import { gelu } from "./activation.ts";
import { add } from "./merge.ts";
import { product } from "./product.ts";

export const mlp: Converter = (call, to) => {
  const hidden = gelu(part(call, "fc1", to.plain(call.inputs[0]!), to), to);
  return value(part(call, "fc2", hidden, to), call.shapes[0]!);
};

export const multiHeadSelfAttention: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const [, tokens] = x.shape as [null, number, number];
  const [, queries] = call.shapes[0] as [null, number, number];
  const heads = Number(call.config.heads);
  const size = call.weight("qkv.kernel").shape[1]! / (3 * heads);

  const qkv = to.reshape(part(call, "qkv", to.plain(x), to), [-1, tokens, 3, heads, size]);
  const split = to.nodes("Split", [to.transpose(qkv, [2, 0, 3, 1, 4]), to.integers([1, 1, 1])], 3, {
    axis: { int: 0 },
  });
  const [q, k, v] = split.map((third) => to.reshape(third, [-1, heads, tokens, size]));
  const asked = queries === tokens ? q! : to.slice(q!, 2, 0, queries);
  const scaled = to.node("Mul", [asked, to.scalar(1 / Math.sqrt(size))]);
  const scores = to.node("MatMul", [scaled, to.transpose(k!, [0, 1, 3, 2])]);
  const shares = to.node("Softmax", [scores], { axis: { int: -1 } });
  const out = to.transpose(to.node("MatMul", [shares, v!]), [0, 2, 1, 3]);
  return value(part(call, "proj", to.reshape(out, [-1, queries, heads * size]), to), call.shapes[0]!);
};

/** `x + branch`. */
export const residual: Converter = add;

/** All samples, and a mask that nothing reads. */
export const keptSamples: Converter = (call): Value[] => {
  const [x] = call.inputs;
  return [x!, value("", [null])];
};

/** `x + branch`; the mask is that of {@link keptSamples}. */
export const keptResidual: Converter = (call, to) => add({ ...call, inputs: call.inputs.slice(0, 2) }, to);

/** The product of a layer that has several. */
function part(call: LayerCall, name: string, x: string, to: Builder): string {
  const bias = call.has(`${name}.bias`) ? call.weight(`${name}.bias`) : undefined;
  return product(x, call.weight(`${name}.kernel`), bias, to);
}

// Layers of vit-blocks in a transformer's block.
import type { Builder } from "../builder.ts";
import type { Converter, LayerCall } from "../converter.ts";
import { type Value, value } from "../value.ts";
import { activated } from "./activation.ts";
import { add } from "./merge.ts";
import { product } from "./product.ts";
import { known } from "./shape.ts";

/** Product, activation, product. */
export const mlp: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const hidden = act(call, part(call, "fc1", to.plain(x), to), to);
  return value(part(call, "fc2", hidden, to), x.shape);
};

/** The product of an activated and a plain half, from a product each. */
export const swiGlu: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const [gate, plain] = ["fc1_g", "fc1_x"].map((name) => part(call, name, to.plain(x), to));
  return value(part(call, "fc2", to.node("Mul", [act(call, gate!, to), plain!]), to), x.shape);
};

/** The same, both halves from one product. */
export const swiGluPacked: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const half = call.weight("fc1.kernel").shape[1]! / 2;
  const both = part(call, "fc1", to.plain(x), to);
  const [gate, plain] = to.nodes("Split", [both, to.integers([half, half])], 2, { axis: { int: -1 } });
  return value(part(call, "fc2", to.node("Mul", [act(call, gate!, to), plain!]), to), x.shape);
};

export const multiHeadSelfAttention: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const [tokens, dim] = known(call, x.shape.slice(1)) as [number, number];
  const heads = Number(call.config.heads);
  const queries = Number(call.config.queries ?? tokens);
  const size = call.weight("qkv.kernel").shape[1]! / (3 * heads);

  const qkv = to.reshape(part(call, "qkv", to.plain(x), to), [-1, tokens, 3, heads, size]);
  const split = to.nodes("Split", [to.transpose(qkv, [2, 0, 3, 1, 4]), to.integers([1, 1, 1])], 3, {
    axis: { int: 0 },
  });
  const [query, k, v] = split.map((third) => to.reshape(third, [-1, heads, tokens, size]));
  const asked = queries === tokens ? query! : to.slice(query!, 2, 0, queries);
  const [q, keys] = [headNorm(call, "q_norm", asked, to), headNorm(call, "k_norm", k!, to)];
  const scaled = to.node("Mul", [q, to.scalar(1 / Math.sqrt(size))]);
  const scores = to.node("MatMul", [scaled, to.transpose(keys, [0, 1, 3, 2])]);
  const shares = to.node("Softmax", [scores], { axis: { int: -1 } });
  const out = to.transpose(to.node("MatMul", [shares, v!]), [0, 2, 1, 3]);
  return value(part(call, "proj", to.reshape(out, [-1, queries, heads * size]), to), [null, queries, dim]);
};

/** Queries or keys, normalized by head where the layer does that. */
function headNorm(call: LayerCall, name: string, x: string, to: Builder): string {
  if (!call.has(`${name}.gamma`)) return x;
  const weights = [call.weight(`${name}.gamma`), call.weight(`${name}.beta`)];
  const inputs = [x, ...weights.map((it) => to.floats(it, it.name))];
  const epsilon = { float: Number(call.config.epsilon) };
  return to.node("LayerNormalization", inputs, { axis: { int: -1 }, epsilon });
}

/** LayerScale: each channel with a factor of its own. */
export const layerScale: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const gamma = call.weight("gamma");
  return value(to.node("Mul", [to.plain(x), to.floats(gamma, gamma.name)]), x.shape);
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

/** The layer's activation; GELU in layers saved before they had a choice. */
function act(call: LayerCall, x: string, to: Builder): string {
  return activated(call, value(x, []), to, call.config.actLayer ?? "gelu").name;
}

/** The product of a layer that has several. */
function part(call: LayerCall, name: string, x: string, to: Builder): string {
  const bias = call.has(`${name}.bias`) ? call.weight(`${name}.bias`) : undefined;
  return product(x, call.weight(`${name}.kernel`), bias, to);
}

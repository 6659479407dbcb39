// Layers of vit-blocks around the transformer's blocks.
import { type Converter, cannot } from "../converter.ts";
import { value } from "../value.ts";
import { convolved, kernelFirst } from "./convolution.ts";
import { known } from "./shape.ts";

/** Patches as a convolution with a stride of their size, in rows of tokens. */
export const patchEmbedding: Converter = (call, to) => {
  const patch = Number(call.config.patchSize);
  const kernel = kernelFirst(call.weight("kernel"));
  const options = { strides: [patch, patch], pads: { pads: { ints: [0, 0, 0, 0] } } } as const;
  const grid = convolved(call.inputs[0]!, kernel, { ...options, bias: call.weight("bias") }, to);
  const [, tokens, dim] = call.shapes[0]!;
  const flat = to.reshape(grid, [-1, dim!, tokens!]);
  return value(to.transpose(flat, [0, 2, 1]), call.shapes[0]!);
};

/** Tokens of the layer's own, in front of the others: class tokens, registers. */
export const ownTokens: Converter = (call, to) => {
  const x = to.plain(call.inputs[0]!);
  const batch = to.node("Shape", [x], { start: { int: 0 }, end: { int: 1 } });
  const names = ["cls_token", "dist_token", "reg_token"].filter((name) => call.has(name));
  const repeated = names.map((name) => {
    const token = call.weight(name);
    const shape = to.node("Concat", [batch, to.integers(token.shape.slice(1))], { axis: { int: 0 } });
    return to.node("Expand", [to.floats(token, token.name), shape]);
  });
  return value(to.node("Concat", [...repeated, x], { axis: { int: 1 } }), call.shapes[0]!);
};

export const positionEmbedding: Converter = (call, to) => {
  const positions = call.weight("pos_embed");
  return value(
    to.node("Add", [to.plain(call.inputs[0]!), to.floats(positions, positions.name)]),
    call.shapes[0]!,
  );
};

export const firstTokens: Converter = (call, to) =>
  value(to.slice(to.plain(call.inputs[0]!), 1, 0, Number(call.config.count)), call.shapes[0]!);

export const tokenAt: Converter = (call, to) => {
  const index = Number(call.config.index);
  const dim = call.shapes[0]!.at(-1);
  if (dim === null || dim === undefined) throw cannot(call, "expected a known dimension");
  return value(
    to.reshape(to.slice(to.plain(call.inputs[0]!), 1, index, index + 1), [-1, dim]),
    call.shapes[0]!,
  );
};

/** The mean of the tokens from one on, as a product: operators of means have their axes in other places from opset to opset. */
export const tokenMean: Converter = (call, to) => {
  const [x] = call.inputs;
  const [tokens, dim] = known(call, x!.shape.slice(1));
  const first = Number(call.config.from);
  const count = tokens! - first;
  const shares = { shape: [1, count], data: new Float32Array(count).fill(1 / count) };
  const patches = to.slice(to.plain(x!), 1, first, tokens!);
  const mean = to.node("MatMul", [to.floats(shares, `shares of ${count}`), patches]);
  return value(to.reshape(mean, [-1, dim!]), call.shapes[0]!);
};

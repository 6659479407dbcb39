import type * as tf from "@tensorflow/tfjs-core";
import { type AttentionSides, attentionSides, defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` → `[out, p]`.
 *
 * Other backends keep the sums' logarithms for the backward pass; this one keeps the probabilities themselves: its
 * memory is the machine's.
 */
export const attention: Kernel<Context> = defineKernel("Attention", (context, { qkv }, attributes) => {
  const sides = attentionSides("Attention", qkv, attributes);
  const { batch, heads, size, queries } = sides;
  const { q, k, v } = split(context, qkv, sides, attributes.scale);
  const p = context.unary("Softmax", context.matMul(q, k, false, true)); // [batch, heads, queries, tokens]
  const out = context.transpose(context.matMul(p, v, false, false), [0, 2, 1, 3]); // [batch, queries, heads, size]
  return [context.reshape(out, [batch, queries, heads * size]), p];
});

/** `{qkv, out, logSumExp: p, dy}`, the same attributes → dqkv. */
export const attentionGrad: Kernel<Context> = defineKernel(
  "AttentionGrad",
  (context, { qkv, out, logSumExp: p, dy }, attributes) => {
    const sides = attentionSides("AttentionGrad", qkv, attributes);
    const { batch, tokens, heads, size, queries } = sides;
    const { scale } = attributes;
    const { q, k, v } = split(context, qkv, sides, scale);
    const byHead = [batch, queries, heads, size];
    const dOut = context.transpose(context.reshape(dy, byHead), [0, 2, 1, 3]); // [batch, heads, queries, size]
    // Σ dp · p over the keys is Σ dy · out over a head's channels: far fewer.
    const along = context.reduce("Sum", context.reshape(context.binary("Mul", dy, out), byHead), 3, true);
    const dp = context.binary(
      "Sub",
      context.matMul(dOut, v, false, true),
      context.transpose(along, [0, 2, 1, 3]),
    );
    const ds = context.binary("Mul", p, dp);
    const dq = context.binary("Mul", context.matMul(ds, k, false, false), scale);
    const rest = tokens - queries; // tokens without an output
    const padded = rest === 0 ? dq : context.concat([dq, context.zeros([batch, heads, rest, size])], 2);
    const dk = context.matMul(ds, q, true, false); // q holds the scale
    const dv = context.matMul(p, dOut, true, false);
    const parts = [padded, dk, dv].map((part) => context.reshape(part, [1, ...part.shape]));
    const all = context.transpose(context.concat(parts, 0), [1, 3, 0, 2, 4]); // [batch, tokens, 3, heads, size]
    return context.reshape(all, qkv.shape);
  },
);

/** q, scaled, `[batch, heads, queries, size]`; k and v, `[batch, heads, tokens, size]`. */
function split(
  context: Context,
  qkv: tf.TensorInfo,
  { batch, tokens, heads, size, queries }: AttentionSides,
  scale: number,
): Record<"q" | "k" | "v", tf.TensorInfo> {
  const rows = context.transpose(context.reshape(qkv, [batch, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  // Parts along the first axis are views in TensorFlow.
  const parts = context.split(rows, 0, 3).map((part) => context.reshape(part, [batch, heads, tokens, size]));
  const [all, k, v] = parts as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const leading = queries === tokens ? all : context.slice(all, [0, 0, 0, 0], [batch, heads, queries, size]);
  return { q: context.binary("Mul", leading, scale), k, v };
}

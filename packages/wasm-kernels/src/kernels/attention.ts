import type * as tf from "@tensorflow/tfjs-core";
import { requireFloat32 } from "../context.ts";
import type { Attributes, Kernel } from "../kernel.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` →
 * `[out: [batch, queries, heads · size], logSumExp: [batch, heads, queries]]`.
 */
export const attention: Kernel = {
  name: "Attention",
  run(context, { qkv }, attrs) {
    requireFloat32("Attention", { qkv: qkv! });
    const { batch, tokens, heads, size, queries } = sidesOf("Attention", qkv!, attrs);
    const outputs = [context.output([batch, queries, heads * size]), context.output([batch, heads, queries])];
    const scratch = context.scratch(context.c.attention_scratch(tokens, size));
    const at = [qkv!, ...outputs].map((tensor) => context.pointer(tensor));
    context.c.attention(...at, batch, tokens, heads, size, queries, attrs.scale, scratch);
    return outputs;
  },
};

/** `{qkv, out, logSumExp, dy}`, the same attributes → dqkv. */
export const attentionGrad: Kernel = {
  name: "AttentionGrad",
  run(context, { qkv, out, logSumExp, dy }, attrs) {
    requireFloat32("AttentionGrad", { qkv: qkv!, out: out!, logSumExp: logSumExp!, dy: dy! });
    const { batch, tokens, heads, size, queries } = sidesOf("AttentionGrad", qkv!, attrs);
    const dqkv = context.output(qkv!.shape);
    const scratch = context.scratch(context.c.attention_scratch(tokens, size));
    const at = [qkv!, out!, logSumExp!, dy!, dqkv].map((tensor) => context.pointer(tensor));
    context.c.attention_grad(...at, batch, tokens, heads, size, queries, attrs.scale, scratch);
    return dqkv;
  },
};

interface Sides {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
  readonly queries: number;
}

function sidesOf(kernel: string, qkv: tf.TensorInfo, { heads, queries }: Attributes): Sides {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  if (qkv.shape.length !== 3 || width % (3 * heads) !== 0) {
    throw new Error(`${kernel}: expected qkv to be [batch, tokens, 3 · ${heads} · size], got [${qkv.shape}]`);
  }
  const asked = queries ?? tokens;
  if (!(asked >= 0 && asked <= tokens)) {
    throw new Error(`${kernel}: expected queries between 0 and ${tokens} tokens, got ${asked}`);
  }
  return { batch, tokens, heads, size: width / (3 * heads), queries: asked };
}

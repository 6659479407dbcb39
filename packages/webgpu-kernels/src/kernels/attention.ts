import type * as tf from "@tensorflow/tfjs-core";
import { type AttentionAttributes, attentionSides, defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { onceEach } from "../shader.ts";
import { attentionShaders, TILE } from "./attention-shaders.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` →
 * `[out: [batch, queries, heads · size], logSumExp: [batch, heads, queries]]`.
 */
export const attention: Kernel<Context> = defineKernel("Attention", (context, { qkv }, attrs) =>
  attend(context, qkv, attrs),
);

/** {@link attention} of a running kernel. */
export function attend(
  context: Context,
  qkv: Info,
  attrs: AttentionAttributes,
): readonly [out: Info, logSumExp: Info] {
  const { batch, ...sides } = attentionSides("Attention", qkv, attrs);
  const { heads, size, queries } = sides;
  const out = context.output([batch, queries, heads * size]);
  const logSumExp = context.output([batch, heads, queries]);
  const grid = [Math.ceil(queries / TILE), heads, batch] as const;
  const shader = shadersFor(size).forward;
  if (batch * queries * size > 0) {
    context.run({
      shader,
      tensors: { out, logSumExp, qkv },
      uniforms: { ...sides, scale: attrs.scale },
      grid,
    });
  }
  return [out, logSumExp];
}

/** `{qkv, out, logSumExp, dy}`, the same attributes → dqkv. */
export const attentionGrad: Kernel<Context> = defineKernel("AttentionGrad", (context, inputs, attrs) =>
  attendGrad(context, inputs, attrs),
);

/** {@link attentionGrad} of a running kernel. */
export function attendGrad(
  context: Context,
  { qkv, out, logSumExp, dy }: Readonly<Record<"qkv" | "out" | "logSumExp" | "dy", Info>>,
  attrs: AttentionAttributes,
): Info {
  const inputs = { qkv, out, logSumExp, dy };
  const { batch, ...sides } = attentionSides("AttentionGrad", qkv, attrs);
  const { tokens, heads, size, queries } = sides;
  if (batch * queries * size === 0) return context.filled(qkv.shape, 0);
  const dqkv = context.output(qkv.shape);
  const tiles = Math.ceil(tokens / TILE);
  const grid = [3 * tiles, heads, batch] as const;
  const shader = shadersFor(size).backward;
  context.run({
    shader,
    tensors: { dqkv, ...inputs },
    uniforms: { ...sides, scale: attrs.scale, tiles },
    grid,
  });
  return dqkv;
}

type Info = tf.TensorInfo;

/** Shaders by head size. */
const shadersFor = onceEach(attentionShaders);

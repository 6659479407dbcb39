import { attentionSides, defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` →
 * `[out: [batch, queries, heads · size], logSumExp: [batch, heads, queries]]`.
 */
export const attention: Kernel<Context> = defineKernel("Attention", (context, { qkv }, attrs) => {
  const { batch, tokens, heads, size, queries } = attentionSides("Attention", qkv, attrs);
  const outputs = [
    context.output([batch, queries, heads * size]),
    context.output([batch, heads, queries]),
  ] as const;
  const scratch = context.scratch(context.c.attention_scratch(tokens, size));
  const at = [qkv, ...outputs].map((tensor) => context.pointer(tensor));
  context.c.attention(...at, batch, tokens, heads, size, queries, attrs.scale, scratch);
  return outputs;
});

/** `{qkv, out, logSumExp, dy}`, the same attributes → dqkv. */
export const attentionGrad: Kernel<Context> = defineKernel(
  "AttentionGrad",
  (context, { qkv, out, logSumExp, dy }, attrs) => {
    const { batch, tokens, heads, size, queries } = attentionSides("AttentionGrad", qkv, attrs);
    const dqkv = context.output(qkv.shape);
    const scratch = context.scratch(context.c.attention_scratch(tokens, size));
    const at = [qkv, out, logSumExp, dy, dqkv].map((tensor) => context.pointer(tensor));
    context.c.attention_grad(...at, batch, tokens, heads, size, queries, attrs.scale, scratch);
    return dqkv;
  },
);

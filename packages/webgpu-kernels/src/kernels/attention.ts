import type * as tf from "@tensorflow/tfjs-core";
import { requireFloat32 } from "../context.ts";
import type { Attributes, Kernel } from "../kernel.ts";
import { onceEach } from "../shader.ts";
import { attentionShaders, TILE } from "./attention-shaders.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` →
 * `[out: [batch, queries, heads · size], logSumExp: [batch, heads, queries]]`.
 */
export const attention: Kernel = {
  name: "Attention",
  run(context, { qkv }, attrs) {
    requireFloat32("Attention", { qkv: qkv! });
    const { batch, ...uniforms } = sidesOf("Attention", qkv!, attrs);
    const { heads, size, queries } = uniforms;
    const out = context.output([batch, queries, heads * size]);
    const logSumExp = context.output([batch, heads, queries]);
    const grid = [Math.ceil(queries / TILE), heads, batch] as const;
    const shader = shadersFor(size).forward;
    if (batch * queries * size > 0) {
      context.run({ shader, tensors: { out, logSumExp, qkv: qkv! }, uniforms, grid });
    }
    return [out, logSumExp];
  },
};

/** `{qkv, out, logSumExp, dy}`, the same attributes → dqkv. */
export const attentionGrad: Kernel = {
  name: "AttentionGrad",
  run(context, { qkv, out, logSumExp, dy }, attrs) {
    const inputs = { qkv: qkv!, out: out!, logSumExp: logSumExp!, dy: dy! };
    requireFloat32("AttentionGrad", inputs);
    const { batch, ...sides } = sidesOf("AttentionGrad", qkv!, attrs);
    const { tokens, heads, size, queries } = sides;
    if (batch * queries * size === 0) return context.filled(qkv!.shape, 0);
    const dqkv = context.output(qkv!.shape);
    const tiles = Math.ceil(tokens / TILE);
    const grid = [3 * tiles, heads, batch] as const;
    const shader = shadersFor(size).backward;
    context.run({ shader, tensors: { dqkv, ...inputs }, uniforms: { ...sides, tiles }, grid });
    return dqkv;
  },
};

/** By the size of a head. */
const shadersFor = onceEach(attentionShaders);

interface Sides {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
  readonly queries: number;
  readonly scale: number;
}

function sidesOf(kernel: string, qkv: tf.TensorInfo, { heads, queries, scale }: Attributes): Sides {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  if (qkv.shape.length !== 3 || width % (3 * heads) !== 0) {
    throw new Error(`${kernel}: expected qkv to be [batch, tokens, 3 · ${heads} · size], got [${qkv.shape}]`);
  }
  const asked = queries ?? tokens;
  if (!(asked >= 0 && asked <= tokens)) {
    throw new Error(`${kernel}: expected queries between 0 and ${tokens} tokens, got ${asked}`);
  }
  return { batch, tokens, heads, size: width / (3 * heads), queries: asked, scale };
}

// In float64: the layers of vit-blocks that the default block does not have.
import { keptPatches } from "vit-blocks";
import { type Array64, add, at, build, map, reshape, zip } from "./array.ts";
import type { Weights } from "./deit.ts";
import * as deit from "./deit.ts";
import { attention, layerNorm, linear } from "./functions.ts";

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

export function swish(x: Array64, beta = 1): Array64 {
  return map(x, (v) => v * sigmoid(beta * v));
}

export function geluTanh(x: Array64): Array64 {
  return map(x, (v) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))));
}

/** Tokens `[1, count, dim]` before all others, the same for every sample. */
export function registers(x: Array64, tokens: Array64): Array64 {
  const [batch, count, dim] = x.shape as [number, number, number];
  const own = tokens.shape[1]!;
  return build([batch, own + count, dim], (b, t, j) =>
    t! < own ? at(tokens, 0, t!, j!) : at(x, b!, t! - own, j!),
  );
}

export function tokenMean(x: Array64, from: number): Array64 {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  return build([batch, dim], (b, j) => {
    let sum = 0;
    for (let t = from; t < tokens; t++) sum += at(x, b!, t, j!);
    return sum / (tokens - from);
  });
}

/** The patches are drawn by the package, which is compared with timm on the same ones. */
export function patchDropout(
  x: Array64,
  prefix: number,
  draw: Omit<Parameters<typeof keptPatches>[0], "patches">,
): Array64 {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  const kept = keptPatches({ ...draw, patches: tokens - prefix });
  return build([batch, prefix + kept[0]!.length, dim], (b, t, j) =>
    at(x, b!, t! < prefix ? t! : prefix + kept[b!]![t! - prefix]!, j!),
  );
}

export function swiGlu(x: Array64, weights: Weights): Array64 {
  const dense = (v: Array64, name: string) => linear(v, weights(`${name}.kernel`), weights(`${name}.bias`));
  return dense(
    zip(swish(dense(x, "fc1_g")), dense(x, "fc1_x"), (a, b) => a * b),
    "fc2",
  );
}

/** Halves of the last axis: activated, times the other. */
export function swiGluPacked(x: Array64, weights: Weights): Array64 {
  const both = linear(x, weights("fc1.kernel"), weights("fc1.bias"));
  const half = both.shape.at(-1)! / 2;
  const part = (from: number) =>
    build([...both.shape.slice(0, -1), half], (...index) =>
      at(both, ...index.slice(0, -1), from + index.at(-1)!),
    );
  const hidden = zip(swish(part(0)), part(half), (a, b) => a * b);
  return linear(hidden, weights("fc2.kernel"), weights("fc2.bias"));
}

/** Attention without biases whose queries and keys are normalized, head by head. */
export function qkNormAttention(x: Array64, weights: Weights, heads: number): Array64 {
  const qkv = linear(x, weights("qkv.kernel"));
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const parts = reshape(qkv, [batch, tokens, 3, heads, size]);
  const normed = ["q_norm", "k_norm"].map((name) =>
    layerNorm(parts, weights(`${name}.gamma`), weights(`${name}.beta`)),
  );
  const all = build(parts.shape, (b, t, which, h, j) => at(normed[which!] ?? parts, b!, t!, which!, h!, j!));
  const out = attention(reshape(all, qkv.shape), { heads, queries: tokens, scale: 1 / Math.sqrt(size) });
  return linear(out, weights("proj.kernel"));
}

/** A block with LayerScale, SwiGLU, and attention as {@link qkNormAttention}; weights by their whole names. */
export function block(x: Array64, weights: Weights, name: string, heads: number): Array64 {
  const gated = (v: Array64, mlp: Weights) =>
    linear(
      zip(swish(linear(v, mlp("fc1_g.kernel"))), linear(v, mlp("fc1_x.kernel")), (a, b) => a * b),
      mlp("fc2.kernel"),
    );
  return scaled(x, weights, name, [(v, attn) => qkNormAttention(v, attn, heads), gated]);
}

/** The default block with LayerScale. */
export function scaledBlock(x: Array64, weights: Weights, name: string, heads: number): Array64 {
  return scaled(x, weights, name, [
    (v, attn) => deit.selfAttention(v, attn, { heads, queries: x.shape[1]! }),
    (v, mlp) => deit.mlp(v, mlp),
  ]);
}

type Branch = (x: Array64, weights: Weights) => Array64;

function scaled(x: Array64, weights: Weights, name: string, [attn, mlp]: readonly [Branch, Branch]): Array64 {
  const layer =
    (which: string): Weights =>
    (weight) =>
      weights(`${name}.${which}/${weight}`);
  const norm = (v: Array64, which: string) => layerNorm(v, layer(which)("gamma"), layer(which)("beta"));
  const times = (v: Array64, which: string) => zip(v, layer(which)("gamma"), (a, b) => a * b);
  const x2 = add(x, times(attn(norm(x, "norm1"), layer("attn")), "ls1"));
  return add(x2, times(mlp(norm(x2, "norm2"), layer("mlp")), "ls2"));
}

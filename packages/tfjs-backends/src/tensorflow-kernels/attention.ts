import type { Kernel } from "./kernel.ts";
import type { Ops, Tensor } from "./ops.ts";

/**
 * `{qkv: [batch, tokens, 3 · heads · size]}`, `{heads, scale, queries}` → `[out, p]`.
 *
 * Where other backends keep the sums' logarithms for the backward pass, this one has the memory to keep the
 * probabilities themselves.
 */
export const attention: Kernel = {
  name: "Attention",
  run(ops, { qkv }, { heads, scale, queries }) {
    const [batch, , width] = qkv!.shape as [number, number, number];
    const { q, k, v } = split(ops, qkv!, heads!, scale!, queries!);
    const p = ops.unary("Softmax", ops.matMul(q, k, false, true)); // [batch, heads, queries, tokens]
    const out = ops.transpose(ops.matMul(p, v, false, false), [0, 2, 1, 3]); // [batch, queries, heads, size]
    return [ops.reshape(out, [batch, queries!, width / 3]), p];
  },
};

/** `{qkv, out, logSumExp: p, dy}`, the same attributes → `[dqkv]`. */
export const attentionGrad: Kernel = {
  name: "AttentionGrad",
  run(ops, { qkv, out, logSumExp: p, dy }, { heads, scale, queries }) {
    const [batch, tokens, width] = qkv!.shape as [number, number, number];
    const size = width / 3 / heads!;
    const { q, k, v } = split(ops, qkv!, heads!, scale!, queries!);
    const byHead = [batch, queries!, heads!, size];
    const dOut = ops.transpose(ops.reshape(dy!, byHead), [0, 2, 1, 3]); // [batch, heads, queries, size]
    // Σ dp · p over the keys is Σ dy · out over a head's numbers: far fewer.
    const along = ops.reduce("Sum", ops.reshape(ops.binary("Mul", dy!, out!), byHead), 3, true);
    const dp = ops.binary("Sub", ops.matMul(dOut, v, false, true), ops.transpose(along, [0, 2, 1, 3]));
    const ds = ops.binary("Mul", p!, dp);
    const dq = ops.binary("Mul", ops.matMul(ds, k, false, false), scale!);
    const silent = tokens - queries!; // tokens that did not ask
    const padded = silent === 0 ? dq : ops.concat([dq, zeros(ops, [batch, heads!, silent, size])], 2);
    const dk = ops.matMul(ds, q, true, false); // q holds the scale
    const dv = ops.matMul(p!, dOut, true, false);
    const parts = [padded, dk, dv].map((part) => ops.reshape(part, [1, ...part.shape]));
    const all = ops.transpose(ops.concat(parts, 0), [1, 3, 0, 2, 4]); // [batch, tokens, 3, heads, size]
    return [ops.reshape(all, qkv!.shape)];
  },
};

/** q, scaled, `[batch, heads, queries, size]`; k and v, `[batch, heads, tokens, size]`. */
function split(ops: Ops, qkv: Tensor, heads: number, scale: number, queries: number) {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const rows = ops.transpose(ops.reshape(qkv, [batch, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  // Of the first axis TensorFlow's parts are views.
  const parts = ops.split(rows, 0, 3).map((part) => ops.reshape(part, [batch, heads, tokens, size]));
  const [all, k, v] = parts as [Tensor, Tensor, Tensor];
  const asked = queries === tokens ? all : ops.slice(all, [0, 0, 0, 0], [batch, heads, queries, size]);
  return { q: ops.binary("Mul", asked, scale), k, v };
}

function zeros(ops: Ops, shape: readonly number[]): Tensor {
  return ops.run("Fill", { T: "float", index_type: "int32" }, [ops.ints(shape), ops.scalar(0)]);
}

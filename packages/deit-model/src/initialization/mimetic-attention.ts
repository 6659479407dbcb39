import { balancedFactors } from "./balanced-factors.ts";

/** Sizes, noise and factors of {@link mimeticAttention}. */
export interface MimeticAttention {
  readonly dim: number;
  readonly heads: number;
  /** Standard normal numbers `[dim, dim]`: one matrix per head for query and key, one for value and projection. */
  readonly noise: {
    queryKey(head: number): Float64Array;
    valueProjection(): Float64Array;
  };
  readonly queryKey: MimeticFactors;
  readonly valueProjection: MimeticFactors;
}

/** Weights of noise and identity in a product of two matrices. */
export interface MimeticFactors {
  /** Factor of the noise, a matrix of normal numbers with variance `1 / dim`. */
  readonly alpha: number;
  /** Factor of the identity. */
  readonly beta: number;
}

/**
 * Computes the kernels of an attention layer whose products are near the identity: per head `Q · Kᵀ ≈ alpha Z + beta I`, for all heads
 * together `V · P = alpha Z − beta I`, each of matrices `[dim, dim]`; `≈` is the best approximation of the head's rank.
 *
 * @returns `qkv` `[dim, 3 · dim]` and `proj` `[dim, dim]`, row-major, as `MultiHeadSelfAttention` has them.
 */
export function mimeticAttention({ dim, heads, noise, queryKey, valueProjection }: MimeticAttention): {
  qkv: Float32Array;
  proj: Float32Array;
} {
  const size = dim / heads;
  const qkv = new Float32Array(dim * 3 * dim);
  for (let head = 0; head < heads; head++) {
    const product = mixture(noise.queryKey(head), dim, queryKey.alpha, queryKey.beta);
    const { left, right } = balancedFactors(product, dim, size);
    for (let row = 0; row < dim; row++) {
      const at = row * 3 * dim + head * size;
      for (let k = 0; k < size; k++) {
        qkv[at + k] = left[row * size + k]!;
        qkv[at + dim + k] = right[k * dim + row]!;
      }
    }
  }
  const { alpha, beta } = valueProjection;
  const { left, right } = balancedFactors(mixture(noise.valueProjection(), dim, alpha, -beta), dim, dim);
  for (let row = 0; row < dim; row++) {
    qkv.set(left.subarray(row * dim, (row + 1) * dim), row * 3 * dim + 2 * dim);
  }
  return { qkv, proj: Float32Array.from(right) };
}

/** `alpha · noise / √dim + diagonal · I`. */
function mixture(noise: Float64Array, dim: number, alpha: number, diagonal: number): Float64Array {
  const scale = alpha / Math.sqrt(dim);
  return noise.map((z, i) => scale * z + (i % (dim + 1) === 0 ? diagonal : 0));
}

import type * as tf from "@tensorflow/tfjs-core";

/**
 * Signature of an op.
 *
 * @typeParam Inputs - Names of the input tensors; `number` for a list of any length.
 * @typeParam Attributes - The attributes.
 * @typeParam Outputs - Names of the output tensors, in order.
 * @typeParam Optional - Names of optional input tensors.
 */
export interface KernelSpec<
  Inputs extends string | number,
  Attributes extends object,
  Outputs extends readonly (string | undefined)[],
  Optional extends string = never,
> {
  readonly inputs: Inputs;
  readonly optional: Optional;
  readonly attributes: Attributes;
  readonly outputs: Outputs;
}

export interface AttentionAttributes {
  readonly heads: number;
  /** Multiplies the scores. */
  readonly scale: number;
  /** Number of leading tokens to compute outputs for. Default all. */
  readonly queries?: number;
}

interface RowsAttributes {
  /** Rows of the batch, ascending. */
  readonly rows: readonly number[];
  /** Factor of each element. */
  readonly scale: number;
}

export interface BranchAttributes {
  /** LayerNorm's. */
  readonly epsilon: number;
  /** Samples whose branch is computed, ascending; the others keep their x. */
  readonly rows: readonly number[];
  /** Factor of the branch. */
  readonly factor: number;
  /** Between the two products: this attention, otherwise GELU. */
  readonly attention?: Required<AttentionAttributes>;
}

/** Numbers of AdamW that change from step to step. */
export interface AdamWNumbers {
  /** Learning rate with both bias corrections in it. */
  readonly stepSize: number;
  readonly epsilon: number;
  /** Share of its value that each variable loses, one per variable. */
  readonly decays: readonly number[];
}

export interface AdamWAttributes extends AdamWNumbers {
  readonly beta1: number;
  readonly beta2: number;
  /** The numbers of the present run, where the step is recorded to run again. */
  readonly now?: () => AdamWNumbers;
}

export interface KeyedMaskAttributes {
  /** Site of the decision. */
  readonly site: number;
  /** Smallest word, uint32, that keeps an element. */
  readonly threshold: number;
  /** Value of an element that is kept; of the others it is 0. */
  readonly factor: number;
  /** Elements of a sample. */
  readonly size: number;
}

/** Further tensors that a branch keeps, where one does not hold all. */
type KeptMore = "kept1" | "kept2" | "kept3" | "kept4" | "kept5";

type BranchWeight = "gamma" | "beta" | "kernel1" | "bias1" | "kernel2" | "bias2";

// biome-ignore lint/complexity/noBannedTypes: an op without attributes.
type None = {};

/** The ops of these packages that tfjs does not have. All tensors are float32. */
export interface Kernels {
  /** `softmax(scale · q kᵀ) v` by head. qkv `[batch, tokens, 3 · heads · size]`, out `[batch, queries, heads · size]`; `logSumExp` is the backend's own. */
  Attention: KernelSpec<"qkv", AttentionAttributes, ["out", "logSumExp"]>;
  AttentionGrad: KernelSpec<"qkv" | "out" | "logSumExp" | "dy", AttentionAttributes, ["dqkv"]>;
  /** Over the last axis: `y = x · kernel + bias`; x `[..., in]`, kernel `[in, out]`, bias `[out]`, y `[..., out]`. */
  Linear: KernelSpec<"x" | "kernel", None, ["y"], "bias">;
  LinearGrad: KernelSpec<"x" | "kernel" | "dy", None, ["dx", "dkernel", "dbias"]>;
  /**
   * Over the last axis, x `[..., dim]`: `y = (x − mean) · rstd · gamma + beta`; mean and rstd have one number for each `dim` of
   * x, in a shape of the backend's own.
   */
  LayerNorm: KernelSpec<"x" | "gamma" | "beta", { readonly epsilon: number }, ["y", "mean", "rstd"]>;
  LayerNormGrad: KernelSpec<"x" | "gamma" | "mean" | "rstd" | "dy", None, ["dx", "dgamma", "dbeta"]>;
  /** x `[batch, ..., channels]`; mean and rstd `[batch, groups]`. */
  GroupNorm: KernelSpec<
    "x" | "gamma" | "beta",
    { readonly groups: number; readonly epsilon: number },
    ["y", "mean", "rstd"]
  >;
  GroupNormGrad: KernelSpec<
    "x" | "gamma" | "mean" | "rstd" | "dy",
    { readonly groups: number },
    ["dx", "dgamma", "dbeta"]
  >;
  /** Over all axes of w `[..., out]` except the last; mean and rstd `[out]`. */
  WeightStandardize: KernelSpec<"w", { readonly epsilon: number }, ["y", "mean", "rstd"]>;
  WeightStandardizeGrad: KernelSpec<"w" | "mean" | "rstd" | "dy", None, ["dw"]>;
  /** `x · Φ(x)`, the exact form. A backend may keep a tensor for the gradient. */
  Gelu: KernelSpec<"x", None, ["y", "kept"?]>;
  GeluGrad: KernelSpec<"x" | "dy", None, ["dx"], "kept">;
  /** targets, logits `[batch, classes]`; loss `[batch]`. */
  SoftmaxCrossEntropy: KernelSpec<"targets" | "logits", None, ["loss"]>;
  /** `(softmax(logits) · Σ targets − targets) · dy`. */
  SoftmaxCrossEntropyGrad: KernelSpec<"targets" | "logits" | "dy", None, ["dlogits"]>;
  /** x `[batch, height, width, channels]` → `[batch, patches, patchSize² · channels]`. */
  PatchExtract: KernelSpec<"x", { readonly patchSize: number }, ["patches"]>;
  /** `y[i] = scale · x[rows[i]]`, x `[batch, ...]`. */
  GatherRows: KernelSpec<"x", RowsAttributes, ["y"]>;
  /** `y = x`, `[batch, ...]`, plus `scale · values[i]` at `rows[i]`; without x zeros plus `values[i]`. */
  ScatterRows: KernelSpec<"values", RowsAttributes & { readonly batch: number }, ["y"], "x">;
  /**
   * A residual branch of a pre-norm transformer block: `y = x + factor · (f(norm(x) · kernel1 + bias1) · kernel2 + bias2)` for the
   * samples `rows`, `y = x` for the others; x `[batch, tokens, dim]`, y `[batch, queries, dim]`: x is added for the leading tokens
   * only. What is kept is the backend's own. A backend without `GatherRows` computes all rows, with the factor 1; there a branch is
   * multiplied by its sample's element of `mask [batch]`, if that is given.
   */
  ResidualBranch: KernelSpec<
    "x" | BranchWeight,
    BranchAttributes,
    ["y", "kept", ...(KeptMore | undefined)[]],
    "mask"
  >;
  ResidualBranchGrad: KernelSpec<
    "x" | "gamma" | "kernel1" | "kernel2" | "kept" | "dy",
    BranchAttributes,
    ["dx", "dgamma", "dbeta", "dkernel1", "dbias1", "dkernel2", "dbias2"],
    "mask" | KeptMore
  >;
  /**
   * A list of one int32 tensor, the bits of uint32 keys `[batch]` → `[batch, size]`, float32: `factor` where
   * `philox2x32(element, site, key)[0] ≥ threshold`, otherwise 0.
   */
  KeyedMask: KernelSpec<number, KeyedMaskAttributes, ["mask"]>;
  /** The sum of the squares of each tensor of a list, `[tensors]`. */
  SquaredNorms: KernelSpec<number, None, ["sums"]>;
  /**
   * `[value, m, v, gradient]` of each variable in turn → `[value, m, v]` of each. A kernel may overwrite and return the
   * memory of a moment that no other tensor shares.
   */
  AdamWUpdate: KernelSpec<number, AdamWAttributes, string[]>;
}

/** Names of the ops of these packages. */
export type KernelName = keyof Kernels;

/** Ops of tfjs that packages replace or add, as tfjs calls them. */
export interface TfjsKernels {
  BatchMatMul: KernelSpec<"a" | "b", tf.BatchMatMulAttrs, ["product"]>;
  Conv2D: KernelSpec<"x" | "filter", tf.Conv2DAttrs, ["y"]>;
  Conv2DBackpropFilter: KernelSpec<"x" | "dy", tf.Conv2DBackpropFilterAttrs, ["dfilter"]>;
  Conv2DBackpropInput: KernelSpec<"dy" | "filter", tf.Conv2DBackpropInputAttrs, ["dx"]>;
  DepthwiseConv2dNativeBackpropFilter: KernelSpec<
    "x" | "dy",
    tf.DepthwiseConv2dNativeBackpropFilterAttrs,
    ["dfilter"]
  >;
  DepthwiseConv2dNativeBackpropInput: KernelSpec<
    "dy" | "filter",
    tf.DepthwiseConv2dNativeBackpropInputAttrs,
    ["dx"]
  >;
  Einsum: KernelSpec<number, tf.EinsumAttrs, ["y"]>;
  Identity: KernelSpec<"x", None, ["y"]>;
  Maximum: KernelSpec<"a" | "b", None, ["y"]>;
  MaxPoolGrad: KernelSpec<"dy" | "input" | "output", tf.MaxPoolGradAttrs, ["dx"]>;
  Mean: KernelSpec<"x", tf.MeanAttrs, ["y"]>;
  Minimum: KernelSpec<"a" | "b", None, ["y"]>;
  Slice: KernelSpec<"x", tf.SliceAttrs, ["y"]>;
  Sum: KernelSpec<"x", tf.SumAttrs, ["y"]>;
  UnsortedSegmentSum: KernelSpec<"x" | "segmentIds", tf.UnsortedSegmentSumAttrs, ["sums"]>;
  _FusedMatMul: KernelSpec<
    "a" | "b",
    tf._FusedMatMulAttrs & { readonly leakyreluAlpha?: number },
    ["y"],
    "bias" | "preluActivationWeights"
  >;
}

type Specs = Kernels & TfjsKernels;

/** The inputs of the op `Name` as tensors of type `T`. */
export type InputsOf<Name extends keyof Specs, T> = number extends Specs[Name]["inputs"]
  ? readonly T[]
  : Readonly<Record<Specs[Name]["inputs"], T> & Partial<Record<Specs[Name]["optional"], T>>>;

/** The attributes of the op `Name`. */
export type AttributesOf<Name extends keyof Specs> = Specs[Name]["attributes"];

/** The outputs of the op `Name`, in order, as tensors of type `T`. */
export type OutputsOf<Name extends keyof Specs, T> = Each<Specs[Name]["outputs"], T>;

type Each<Names extends readonly unknown[], T> = { [Index in keyof Names]: T };

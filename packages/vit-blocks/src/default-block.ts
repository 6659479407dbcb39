import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import type { BranchAttributes } from "kernel-contract";
import type { KeptSamples } from "stochastic-depth";
import { type SeededLayer, single } from "./layers/base.ts";
import { LayerNorm } from "./layers/layer-norm.ts";
import { LayerScale } from "./layers/layer-scale.ts";
import { Mlp } from "./layers/mlp/mlp.ts";
import { MultiHeadSelfAttention } from "./layers/multi-head-self-attention.ts";
import { type BranchWeights, hasResidualBranch, residualBranch, takesRows } from "./ops/residual-branch.ts";

type Kwargs = Readonly<Record<string, unknown>>;

/** The layers of a block by the last part of their names. */
interface Parts {
  readonly norm1: LayerNorm;
  readonly attn: MultiHeadSelfAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly ls1?: LayerScale;
  readonly ls2?: LayerScale;
  readonly drop_path1?: KeptSamples;
  readonly drop_path2?: KeptSamples;
}

/**
 * A block with the default layers, which calls them only where it must: on a backend with the kernels `ResidualBranch` and
 * `ResidualBranchGrad` each branch is one op, with the bits of the layers' ops. Layers run for dropout, for observers of attention,
 * for inputs that are not float32, which a container casts, and where draws are counted, since a container calls a layer of two
 * outputs twice. They also run in a block that was rebuilt from a config with other layers, and in one whose layers have options that
 * the kernels do not know. LayerScale is multiplied into the second product's weights, equal up to rounding.
 */
export class DefaultBlock extends tfl.LayersModel {
  readonly #parts: Parts | undefined;

  constructor(args: ConstructorParameters<typeof tfl.LayersModel>[0]) {
    super(args);
    this.#parts = partsOf(this.layers);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs = {}): tf.Tensor | tf.Tensor[] {
    const x = single(inputs);
    const parts = this.#parts;
    const isEmpty = x.shape[0] === 0 && !takesRows();
    const isPlainCall = x.dtype === "float32" && !isEmpty && hasResidualBranch();
    if (parts === undefined || !isPlainCall || needsLayers(parts, kwargs)) {
      return super.call(inputs, kwargs);
    }
    const { norm1, attn, ls1, norm2, mlp, ls2, drop_path1, drop_path2 } = parts;
    const { heads, headDim, queries = x.shape[1]! } = attn;
    const scale = 1 / Math.sqrt(headDim!);
    return tf.tidy(() => {
      const kept = keptOf(x, drop_path1, kwargs);
      const middle = residualBranch(
        x,
        scaled(weightsOf(norm1, attn, "qkv", "proj"), ls1),
        { rows: kept.rows, factor: kept.factor, attention: { heads, scale, queries } },
        { epsilon: norm1.epsilon, mask: kept.mask },
      );
      const { mask, ...rows } = keptOf(x, drop_path2, kwargs);
      const weights = scaled(weightsOf(norm2, mlp, "fc1", "fc2"), ls2);
      return residualBranch(middle, weights, rows, { epsilon: norm2.epsilon, mask });
    });
  }
}

/** The parts by the names that `transformerBlock` gives them, whatever the block's own name; `undefined` if one is missing or other. */
function partsOf(layers: readonly tfl.layers.Layer[]): Parts | undefined {
  const named = layers.map((layer) => [layer.name.slice(layer.name.lastIndexOf(".") + 1), layer]);
  const parts: Parts = Object.fromEntries(named);
  const isWhole =
    parts.norm1 instanceof LayerNorm &&
    parts.attn instanceof MultiHeadSelfAttention &&
    isPlain(parts.attn) &&
    (parts.ls1 === undefined || parts.ls1 instanceof LayerScale) &&
    parts.norm2 instanceof LayerNorm &&
    parts.mlp instanceof Mlp &&
    parts.mlp.actLayer === "gelu" &&
    parts.mlp.bias &&
    (parts.ls2 === undefined || parts.ls2 instanceof LayerScale);
  return isWhole ? parts : undefined;
}

function isPlain({ qkNorm, qkvBias, projBias }: MultiHeadSelfAttention): boolean {
  return !qkNorm && qkvBias && projBias;
}

function needsLayers(
  { attn, mlp, drop_path1 }: Parts,
  { training, sampleKeys, onAttention }: Kwargs,
): boolean {
  const counts = drop_path1 !== undefined && (sampleKeys === undefined || sampleKeys === null);
  const draws = counts || attn.attnDropRate > 0 || mlp.dropRate > 0;
  return (training === true && draws) || onAttention !== undefined;
}

function weightsOf(norm: LayerNorm, main: SeededLayer, first: string, second: string): BranchWeights {
  return {
    gamma: norm.weight("gamma"),
    beta: norm.weight("beta"),
    kernel1: main.weight(`${first}.kernel`),
    bias1: main.weight(`${first}.bias`),
    kernel2: main.weight(`${second}.kernel`),
    bias2: main.weight(`${second}.bias`),
  };
}

/** The weights of a branch with LayerScale: `(h · kernel2 + bias2) · gamma = h · (kernel2 · gamma) + bias2 · gamma`. */
function scaled(weights: BranchWeights, scale: LayerScale | undefined): BranchWeights {
  if (scale === undefined) return weights;
  const gamma = scale.weight("gamma");
  return { ...weights, kernel2: tf.mul(weights.kernel2, gamma), bias2: tf.mul(weights.bias2, gamma) };
}

/** The samples whose branch is computed, and the branch's factor; or all, and a mask. */
function keptOf(
  x: tf.Tensor,
  keep: KeptSamples | undefined,
  kwargs: Kwargs,
): Pick<BranchAttributes, "rows" | "factor"> & { readonly mask?: tf.Tensor } {
  const batch = x.shape[0]!;
  if (!takesRows()) {
    const all = { rows: Array.from({ length: batch }, (_, row) => row), factor: 1 };
    const drops = keep !== undefined && keep.dropProb > 0 && kwargs.training === true;
    return drops ? { ...all, mask: keep.call(x, kwargs)[1]! } : all;
  }
  const mask = keep?.draw(x.shape, kwargs);
  const rows: number[] = [];
  for (let row = 0; row < batch; row++) if (mask?.[row] !== 0) rows.push(row);
  return { rows, factor: mask?.[rows[0] ?? 0] || 1 };
}

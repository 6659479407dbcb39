import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, check, optional, requireOptions } from "known-options";
import { loadNamedWeights, modelWeights, type WeightsReport, type WeightsSource } from "named-weights";
import { ADAPTATIONS, type Adaptation, adaptations } from "./adaptations.ts";
import { modelKind } from "./model-kind.ts";
import { type Grid, patchGrid } from "./position-change.ts";
import { FILTER, GRID, type PositionFilter } from "./resize-positions.ts";
import { timmName } from "./timm-name.ts";
import { namingOf, type WeightNames } from "./weight-names.ts";

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** Differences between file and model to accept. Default: none. */
  readonly adapt?: readonly Adaptation[];
  /** Interpolation of positions. Default: `"bicubic-antialias"` for files with timm's names, else `"bicubic"`. */
  readonly positionFilter?: PositionFilter;
  /** The file's patches per side. Default: from its metadata, else a square, else the model's if their number is equal. */
  readonly fileGrid?: Grid;
}

/** Checks of {@link LoadWeightsOptions}. */
export const LOAD_CHECKS: Checks<LoadWeightsOptions> = {
  adapt: optional(
    check(
      `of ${ADAPTATIONS.join(", ")}`,
      (value) => Array.isArray(value) && value.every((one) => ADAPTATIONS.includes(one)),
    ),
  ),
  positionFilter: optional(FILTER),
  fileGrid: optional(GRID),
};

/**
 * Loads published or saved weights into a model, all or none: a file that does not fit changes nothing.
 *
 * Reads timm's names and transformers' (DeiT's and ViT's), F32, F16, BF16 and F64; matrices are transposed, and q, k and v
 * joined. The header is compared with the model before any tensor is read. LayerNorm's epsilon is not in the file but in
 * the model's config: 1e-6 in timm, 1e-12 in transformers.
 *
 * @param model - A model of {@link deit}, {@link vit} or {@link createModel}, or one with their weight names.
 * @param source - A safetensors file: its bytes, a `Blob`, or any source of `safetensors-io`; or an open file of
 * `named-weights` with these names.
 * @returns Keys of the weights that were used, interpolated, kept and skipped, in timm's names; `pos_embed[0, 1]` is the row
 * of the distillation token.
 * @throws RangeError that names the first tensors that do not fit (expected and found shape), are missing or unexpected, or
 * contain NaN or infinities; or if the file is damaged. TypeError for an unknown option.
 *
 * @example
 * ```ts norun
 * const report = await loadWeights(model, blob, { adapt: ["classes", "positions"] });
 * console.log(report.kept); // [ 'head.weight', 'head.bias' ]
 * ```
 */
export async function loadWeights(
  model: tfl.LayersModel,
  source: WeightsSource,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport<WeightNames>> {
  const {
    adapt = [],
    fileGrid,
    positionFilter: filter,
  } = requireOptions("loadWeights", options, LOAD_CHECKS);
  const weights = modelWeights("loadWeights", model, timmName);
  const kind = modelKind(weights);
  const grid = patchGrid(model, weights);
  const classTokens = kind.distilled ? 2 : 1;
  const rows = weights.get("pos_embed")?.shape[1];
  const prefix = grid && rows ? rows - grid[0] * grid[1] : classTokens;
  const positions = { grid, prefix, classTokens, fileGrid, filter };
  const blocks = [...weights.keys()].filter((key) => /^blocks\.\d+\.attn\.qkv\.weight$/.test(key));
  return loadNamedWeights(source, {
    ...{ caller: "loadWeights", weights },
    namingOf: (tensors) => namingOf(tensors.keys(), kind),
    differences: adaptations(adapt, positions, blocks.length),
  });
}

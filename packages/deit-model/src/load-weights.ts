import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, check, optional, requireOptions } from "known-options";
import {
  type ByteSource,
  blobSource,
  bytesSource,
  notFinite,
  openSafetensors,
  quoted,
  type Safetensors,
} from "safetensors-io";
import { modelWeights, patchGrid } from "./model-weights.ts";
import type { Grid, PositionChange } from "./position-change.ts";
import { FILTER, GRID, type PositionFilter, resizePositions } from "./resize-positions.ts";
import { fromTorch, type Values } from "./torch-layout.ts";
import type { WeightNames } from "./weight-names.ts";
import { type Adaptation, type Load, planWeights } from "./weights-plan.ts";

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** Differences between file and model to accept; any other refuses the file. Default: none. */
  readonly adapt?: readonly Adaptation[];
  /** How positions are interpolated. Default: as the library does whose names the file has, with antialiasing for timm's, without for transformers'. */
  readonly positionFilter?: PositionFilter;
  /**
   * The file's patches per side. Default: what its metadata say, as in files written here; else a square; else the
   * model's own, if it has as many.
   */
  readonly fileGrid?: Grid;
}

const ADAPTATIONS: readonly unknown[] = ["classes", "distillation", "positions", "extra"];
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

/** What {@link loadWeights} did; weights of the model by timm's keys, tensors of the file by their own names. */
export interface WeightsReport {
  /** Whose names the file has. */
  readonly names: WeightNames;
  /** Weights that came from the file. */
  readonly used: readonly string[];
  /** Those of them that were interpolated. */
  readonly interpolated: readonly string[];
  /** Weights that are as they were; `pos_embed[0, 1]` is the row of the distillation token. */
  readonly kept: readonly string[];
  /** Tensors of the file that were not used. */
  readonly skipped: readonly string[];
}

/**
 * Loads published or saved weights into a model, all or nothing: a file that does not fit changes nothing.
 *
 * Reads timm's names and transformers' (DeiT's and ViT's), F32, F16 and BF16; matrices are transposed, q, k and v put
 * side by side. The header is compared with the model before any tensor is read. transformers' own configs have a
 * LayerNorm epsilon of 1e-12 where timm's have 1e-6: it is the model's config that has it, not the file.
 *
 * @param model - Built by {@link deit}, {@link vit} or {@link createModel}, or with their weight names.
 * @param source - A safetensors file: its bytes, a `Blob`, or any source of `safetensors-io`.
 * @returns What was used, interpolated, kept and skipped.
 * @throws RangeError that names the first tensors that do not fit (expected and found shape), are missing, unexpected, or
 * hold NaN or infinities; or what is wrong with the file. TypeError for an unknown option.
 *
 * @example
 * const report = await loadWeights(model, blob, { adapt: ["classes", "positions"] });
 * console.log(report.kept); // [ 'head.weight', 'head.bias' ]
 */
export async function loadWeights(
  model: tfl.LayersModel,
  source: Uint8Array | Blob | ByteSource,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const { adapt = [], fileGrid, positionFilter } = requireOptions("loadWeights", options, LOAD_CHECKS);
  const weights = modelWeights("loadWeights", model);
  const file = await openSafetensors(sourceOf(source));
  const plan = planWeights({ file, weights, grid: patchGrid(model, weights), fileGrid, adapt });
  if (plan.problems.length > 0) {
    throw new RangeError(
      `loadWeights: ${file.name} is not for this model, nothing was loaded. ${plan.problems.join("; ")}`,
    );
  }
  const tensors = await readTensors(file, plan.loads);
  const filter = positionFilter ?? (plan.names === "timm" ? "bicubic-antialias" : "bicubic");
  const values: Values[] = [];
  for (const load of plan.loads) values.push(await assemble(load, tensors, filter));
  for (const [i, { weight }] of plan.loads.entries()) {
    const value = tf.tensor(values[i]!.data, weight.variable.shape as number[]);
    weight.variable.write(value);
    value.dispose(); // the variable holds its data now
  }
  const moved = plan.loads.filter(
    ({ positions }) => positions && positions.from.join() !== positions.to.join(),
  );
  return {
    names: plan.names,
    used: plan.loads.map(({ weight }) => weight.key),
    interpolated: moved.map(({ weight }) => weight.key),
    kept: plan.kept,
    skipped: plan.skipped,
  };
}

function sourceOf(source: Uint8Array | Blob | ByteSource): ByteSource {
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof Blob) return blobSource(source);
  if (typeof source?.read === "function") return source;
  throw new TypeError(
    `loadWeights: source must be a Uint8Array, a Blob or a source of safetensors-io, got ${typeof source}`,
  );
}

/** In the file's order, which a stream needs. */
async function readTensors(file: Safetensors, loads: readonly Load[]): Promise<Map<string, Float32Array>> {
  const wanted = new Set(loads.flatMap(({ tensors }) => tensors));
  const read = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) {
    if (!wanted.has(name)) continue;
    const values = (await file.read(name)) as Float32Array; // the plan admits floats only
    const wrong = notFinite(values);
    if (wrong !== undefined) {
      throw new RangeError(
        `loadWeights: ${file.name}: nothing was loaded: tensor ${quoted(name)} has ${wrong}`,
      );
    }
    read.set(name, values);
  }
  return read;
}

/** One weight as the model lays it out. */
async function assemble(
  load: Load,
  read: ReadonlyMap<string, Float32Array>,
  filter: PositionFilter,
): Promise<Values> {
  const { weight, tensors, positions } = load;
  const parts = tensors.map((name) => read.get(name)!);
  const data = parts.length === 1 ? parts[0]! : concatenate(parts);
  if (!positions) return fromTorch({ shape: weight.torchShape, data });
  const { from, to, filePrefix } = positions;
  const resized = resizePositions(data, { from, to, prefix: filePrefix, filter });
  const own = (await weight.variable.read().data()) as Float32Array;
  return { shape: weight.torchShape, data: withPrefix(resized, own, positions) };
}

/** Class tokens' rows: those that the file has, then the model's own. */
function withPrefix(resized: Float32Array, own: Float32Array, change: PositionChange): Float32Array {
  const { filePrefix, prefix, to } = change;
  const dim = own.length / (prefix + to[0] * to[1]);
  const data = own.slice();
  data.set(resized.subarray(0, Math.min(prefix, filePrefix) * dim));
  data.set(resized.subarray(filePrefix * dim), prefix * dim);
  return data;
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

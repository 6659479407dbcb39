import { type Safetensors, wrapperPrefix } from "safetensors-io";
import type { ModelWeight } from "./model-weights.ts";
import { GRID_METADATA, type Grid, gridOfFile, type PositionChange } from "./position-change.ts";
import { huggingFaceNames, placeOf, type WeightNames } from "./weight-names.ts";

/**
 * A difference between a file and a model that the caller accepts.
 *
 * - `"classes"`: heads for another number of classes, or absent ones: the model keeps its own.
 * - `"distillation"`: a plain file for a distilled model, which keeps its own distillation token, its position and its
 *   head; or the reverse, which leaves them out.
 * - `"positions"`: another resolution: the position embedding is interpolated.
 * - `"extra"`: tensors beside the network are left out: a pooler, a mask token, a decoder, a projector, the head or classifier
 *   of another task, counters. Never one inside it (a block, LayerScale, a norm of q or k, registers, another norm), nor one
 *   of unknown purpose: without it the model would compute something else than the file's.
 */
export type Adaptation = "classes" | "distillation" | "positions" | "extra";

/** What a plan is made from. */
export interface PlanOptions {
  readonly file: Safetensors;
  readonly weights: ReadonlyMap<string, ModelWeight>;
  /** The model's patches per side. */
  readonly grid: Grid | undefined;
  /** The file's, where it is not what the file says or a square. */
  readonly fileGrid: Grid | undefined;
  readonly adapt: readonly Adaptation[];
}

/** One weight to be loaded. */
export interface Load {
  readonly weight: ModelWeight;
  /** Tensors of the file, to be put together along their first axis. */
  readonly tensors: readonly string[];
  readonly positions?: PositionChange;
}

/** What is loaded, if everything fits; and what is wrong, if not. */
export interface Plan {
  readonly names: WeightNames;
  readonly loads: readonly Load[];
  readonly kept: readonly string[];
  readonly skipped: readonly string[];
  /** Empty if the file fits. */
  readonly problems: readonly string[];
}

/** Compares a file's header with a model; reads no tensor. */
export function planWeights(options: PlanOptions): Plan {
  const { file, weights, adapt } = options;
  const { byKey, twice } = tensorsByKey(file);
  const names = [...byKey.values()].some((tensors) => tensors.huggingFace) ? "huggingface" : "timm";
  const distilled = weights.has("dist_token");
  const loads: Load[] = [];
  const kept: string[] = [];
  const mismatched: string[] = [];
  const missing: string[] = [];
  const bridges = new Set<Adaptation>();
  const used = new Set<string>();
  /** Whether the caller accepts them all; those that it does not are remembered for the message. */
  const allows = (...needed: readonly Adaptation[]) => {
    const others = needed.filter((one) => !adapt.includes(one));
    for (const one of others) bridges.add(one);
    return others.length === 0;
  };

  for (const weight of weights.values()) {
    const { key } = weight;
    const bridge = bridgeOf(key);
    const tensors = byKey.get(key);
    if (!tensors) {
      if (bridge && allows(bridge)) kept.push(key);
      else missing.push(...(names === "timm" ? [key] : huggingFaceNames(key, distilled)));
      continue;
    }
    const found = compare(file, tensors, weight);
    const positions =
      key === "pos_embed" && found.floats ? positionChange(options, found.shape, byKey) : undefined;
    const contradicted = key === "pos_embed" && options.grid !== undefined && positions === undefined;
    const needed = positions
      ? changesOf(positions)
      : found.fits && !contradicted
        ? []
        : found.otherClasses
          ? HEADS
          : undefined;
    if (!needed || !allows(...needed)) {
      mismatched.push(...(found.fits ? [otherGrid(positions)] : found.problems));
    } else if (needed === HEADS) {
      kept.push(key);
    } else {
      for (const name of found.tensors) used.add(name);
      loads.push({
        weight,
        tensors: found.tensors,
        ...(positions && needed.length > 0 ? { positions } : {}),
      });
      if (positions && positions.prefix > positions.filePrefix) kept.push("pos_embed[0, 1]");
    }
  }

  const skipped: string[] = [];
  const unexpected: string[] = [];
  for (const [key, tensors] of byKey) {
    for (const name of tensors.parts) {
      if (name === undefined || used.has(name)) continue;
      const needed = bridgeOf(key) ?? (BESIDE_NETWORK.test(key) ? "extra" : undefined);
      if (weights.has(key) || (needed !== undefined && allows(needed))) skipped.push(name);
      else unexpected.push(name);
    }
  }
  const problems = [
    ...list("two tensors for one place", twice),
    ...list("mismatched", mismatched),
    ...list("missing", missing),
    ...list("unexpected", unexpected),
  ];
  if (problems.length > 0 && bridges.size > 0) {
    problems.push(
      `some of it is accepted with adapt: [${[...bridges].map((bridge) => `"${bridge}"`).join(", ")}]`,
    );
  }
  return { names, loads, kept, skipped, problems };
}

/** What `"extra"` may leave out, by its key. */
const BESIDE_NETWORK =
  /^(?!blocks\.|(?:\w+\.)?(?:encoder\.)?layers?\.)(?:.*\.)?(?:pooler|mask_token|decoder\w*|\w*projector|projection\w*|\w+_head|head_\w+|\w*classifier|position_ids|num_batches_tracked)(?:\.|$)/;

/** What heads of another number of classes need. */
const HEADS: readonly Adaptation[] = ["classes"];
/** Names that are given of each kind of problem. */
const NAMED = 5;

function list(kind: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const rest = items.length > NAMED ? ` and ${items.length - NAMED} more` : "";
  return [`${kind}: ${items.slice(0, NAMED).join(", ")}${rest}`];
}

/** A key's tensors: one, or three for q, k and v. */
interface Tensors {
  readonly parts: (string | undefined)[];
  readonly huggingFace: boolean;
}

function tensorsByKey(file: Safetensors): { byKey: Map<string, Tensors>; twice: string[] } {
  const byKey = new Map<string, Tensors>();
  const twice: string[] = [];
  const prefix = wrapperPrefix(file.tensors.keys());
  for (const name of file.tensors.keys()) {
    const bare = name.slice(prefix.length);
    const { key, part } = placeOf(bare);
    const size = part === undefined ? 1 : 3;
    const tensors = byKey.get(key) ?? {
      parts: Array<undefined>(size).fill(undefined),
      huggingFace: key !== bare,
    };
    if (tensors.parts.length !== size || tensors.parts[part ?? 0] !== undefined) twice.push(name);
    else tensors.parts[part ?? 0] = name;
    byKey.set(key, tensors);
  }
  return { byKey, twice };
}

/** What lets a weight be absent. */
function bridgeOf(key: string): Adaptation | undefined {
  if (key === "dist_token" || key.startsWith("head_dist.")) return "distillation";
  return key.startsWith("head.") ? "classes" : undefined;
}

interface Comparison {
  readonly fits: boolean;
  /** Those that the file has. */
  readonly tensors: readonly string[];
  readonly problems: readonly string[];
  /** Of the first tensor. */
  readonly shape: readonly number[];
  readonly floats: boolean;
  /** Whether it is a head, and the number of classes alone differs. */
  readonly otherClasses: boolean;
}

function compare(file: Safetensors, { parts }: Tensors, weight: ModelWeight): Comparison {
  const [rows = 1, ...rest] = weight.torchShape;
  const expected = [rows / parts.length, ...rest];
  const problems: string[] = [];
  let otherClasses = weight.key.startsWith("head");
  let floats = true;
  for (const [part, name] of parts.entries()) {
    const { shape, dtype } = (name === undefined ? undefined : file.tensors.get(name)) ?? {};
    if (!shape || !dtype) {
      problems.push(`${weight.key}: ${"qkv"[part]} is missing`);
      otherClasses = false;
    } else if (!["F32", "F16", "BF16"].includes(dtype)) {
      problems.push(`${name}: expected F32, F16 or BF16, found ${dtype}`);
      otherClasses = floats = false;
    } else if (shape.join() !== expected.join()) {
      problems.push(`${name}: expected [${expected}], found [${shape}]`);
      otherClasses &&= shape.length === expected.length && shape.slice(1).join() === rest.join();
    }
  }
  const tensors = parts.filter((name) => name !== undefined);
  const { shape } = file.tensors.get(tensors[0]!)!;
  return { fits: problems.length === 0, tensors, problems, shape, floats, otherClasses };
}

function positionChange(
  { file, weights, grid, fileGrid }: PlanOptions,
  shape: readonly number[],
  byKey: ReadonlyMap<string, unknown>,
): PositionChange | undefined {
  const [one, tokens = 0, dim] = shape;
  if (!grid || shape.length !== 3 || one !== 1 || dim !== weights.get("pos_embed")!.torchShape[2])
    return undefined;
  const prefix = weights.has("dist_token") ? 2 : 1;
  const filePrefix = byKey.has("dist_token") ? 2 : 1;
  const metadata = file.metadata.get(GRID_METADATA);
  const from = gridOfFile({ patches: tokens - filePrefix, fileGrid, metadata, grid });
  return from && { from, to: grid, filePrefix, prefix };
}

/** As many patches, but not in the model's shape; or a grid that the file's number of patches contradicts. */
function otherGrid(change: PositionChange | undefined): string {
  if (change === undefined)
    return "pos_embed: the file's patches do not make the grid that it or fileGrid says";
  const [from, to] = [change.from.join("x"), change.to.join("x")];
  return `pos_embed: the file has ${from} patches, the model ${to} (if the file has them too: fileGrid: [${change.to.join(", ")}])`;
}

function changesOf({ from, to, filePrefix, prefix }: PositionChange): Adaptation[] {
  const moved = from[0] !== to[0] || from[1] !== to[1];
  return [
    ...(moved ? ["positions" as const] : []),
    ...(filePrefix === prefix ? [] : ["distillation" as const]),
  ];
}

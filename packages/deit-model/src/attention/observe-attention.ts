import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments, TENSOR } from "known-options";
import {
  type AttentionObserver,
  ClassTokens,
  MultiHeadSelfAttention,
  PatchEmbedding,
  RegisterTokens,
  TokenAt,
} from "vit-blocks";

/** A learned token: the class token (trained on labels) or the distillation token (trained on the teacher). */
export type ClassToken = "class" | "distillation";

/** Layout of a model's tokens: class tokens and registers, then patches row after row. */
export interface TokenLayout {
  /** Class tokens, in order. */
  readonly classTokens: readonly ClassToken[];
  /** Index of each class token among all tokens, in the same order; registers may precede it. */
  readonly places: readonly number[];
  /** Tokens before the patches: class tokens and registers. */
  readonly prefixTokens: number;
  /** Rows and columns of patches. */
  readonly grid: readonly [rows: number, columns: number];
}

/**
 * Returns the token layout of a model: patches are the input of `ClassTokens`, or of `RegisterTokens` before it; class tokens come first,
 * or are what `TokenAt` reads if something was put before them; other tokens before the patches are registers. Without a `PatchEmbedding` (a convolutional stem) the grid has the image's
 * proportions.
 *
 * @throws RangeError if the model lacks attention or class tokens, at any depth, applies a block more than once, or if its
 * grid or the indices of its class tokens cannot be determined.
 */
export function tokenLayout(caller: string, model: tfl.LayersModel): TokenLayout {
  requireArguments(caller, { model }, { model: MODEL });
  const layers = layersOf(caller, model);
  const every = <T extends tfl.layers.Layer>(kind: new (args: never) => T): T[] =>
    layers.filter((one) => one instanceof kind) as T[]; // found by their class
  const first = <T extends tfl.layers.Layer>(kind: new (args: never) => T): T => {
    const [layer] = every(kind);
    if (layer === undefined) {
      throw new RangeError(
        `${caller}: the model must have a layer ${kind.name}, got none in '${model.name}'`,
      );
    }
    return layer;
  };
  const tokens = inputShape(first(MultiHeadSelfAttention))[1]!;
  const token = first(ClassTokens);
  const classTokens: ClassToken[] = token.distilled ? ["class", "distillation"] : ["class"];
  const behind = inputShape(token)[1]!; // the class tokens: registers and patches
  const patches = Math.min(behind, ...every(RegisterTokens).map((layer) => inputShape(layer)[1]!));
  const prefixTokens = tokens - patches;
  if (prefixTokens < classTokens.length) {
    throw new RangeError(
      `${caller}: attention must see ${patches} patches and ${classTokens.length} class tokens at least, got ${tokens} tokens`,
    );
  }
  const read = [...new Set(every(TokenAt).map(({ index }) => index))].sort((a, b) => a - b);
  const places = tokens - behind === classTokens.length ? [...classTokens.keys()] : read;
  if (places.length !== classTokens.length || places.some((place) => place >= prefixTokens)) {
    throw new RangeError(
      `${caller}: expected a TokenAt for each of ${classTokens.join(", ")} among the ${prefixTokens} tokens before the ` +
        `patches, got ${read.length === 0 ? "none" : `places ${read.join(", ")}`}`,
    );
  }
  const [, height, width] = model.inputs[0]!.shape;
  const [embedding] = every(PatchEmbedding);
  const grid =
    embedding === undefined
      ? gridLike(caller, patches, height!, width!)
      : ([height! / embedding.patchSize, width! / embedding.patchSize] as const);
  return { classTokens, places, prefixTokens, grid };
}

const inputShape = (layer: tfl.layers.Layer): tfl.Shape => (layer.getInputAt(0) as tfl.SymbolicTensor).shape;

/** Returns rows and columns in the proportions of an image. */
function gridLike(caller: string, patches: number, height: number, width: number): [number, number] {
  const rows = Math.round(Math.sqrt((patches * height) / width));
  if (rows >= 1 && rows * Math.round((rows * width) / height) === patches) return [rows, patches / rows];
  throw new RangeError(
    `${caller}: expected a PatchEmbedding, or patches in the proportions of a ${height}x${width} picture, got ${patches}`,
  );
}

/**
 * Runs the model once, in evaluation, and returns `reduce` of each attention layer's probabilities
 * `[batch, heads, queries, tokens]`. Only one layer's probabilities are in memory at a time.
 *
 * @throws RangeError if the images do not have the model's shape, before anything is allocated.
 */
export function observeAttention<T extends tf.Tensor>(
  caller: string,
  model: tfl.LayersModel,
  images: tf.Tensor,
  reduce: (probabilities: tf.Tensor4D) => T,
): T[] {
  requireArguments(caller, { images }, { images: TENSOR });
  const [, ...sides] = model.inputs[0]!.shape;
  if (images.rank !== sides.length + 1 || sides.some((side, i) => side !== images.shape[i + 1])) {
    throw new RangeError(`${caller}: images must be [batch,${sides}], got [${images.shape}]`);
  }
  const kept = new Map<tfl.layers.Layer, T>(); // tfjs runs a nested model once per output: the first run counts
  const onAttention: AttentionObserver = (probabilities, layer) => {
    if (!kept.has(layer)) kept.set(layer, tf.keep(reduce(probabilities)));
  };
  try {
    tf.dispose(model.apply(images, { training: false, onAttention }) as tf.Tensor | tf.Tensor[]);
    return [...kept.values()].map((tensor) => tf.clone(tensor)); // a caller's tf.tidy would not free what is kept
  } finally {
    tf.dispose([...kept.values()]);
  }
}

/** Returns a model's layers, nested models included. */
function layersOf(caller: string, model: tfl.LayersModel): tfl.layers.Layer[] {
  const nodes = [...model.containerNodes]; // "<layer's name>_ib-<number of its use>"
  return model.layers.flatMap((layer) => {
    const inner = layer instanceof tfl.LayersModel ? layersOf(caller, layer) : [layer];
    const uses = nodes.filter((node) => node.startsWith(`${layer.name}_ib-`)).length;
    if (uses > 1 && inner.some((one) => one instanceof MultiHeadSelfAttention)) {
      throw new RangeError(`${caller}: the model must apply '${layer.name}' once, got ${uses} times`);
    }
    return inner;
  });
}

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  type AttentionObserver,
  ClassTokens,
  MultiHeadSelfAttention,
  PatchEmbedding,
  TokenAt,
} from "vit-blocks";

/** A token that is no patch, by what it learns from. */
export type ClassToken = "class" | "distillation";

/** Which tokens a model has: those that are no patches first, then patches row after row. */
export interface TokenLayout {
  /** In order. */
  readonly classTokens: readonly ClassToken[];
  /** Where each class token stands among all tokens, in the same order; registers may stand before it. */
  readonly places: readonly number[];
  /** Tokens before the patches: class tokens and registers. */
  readonly prefixTokens: number;
  /** Patches from top to bottom and from left to right. */
  readonly grid: readonly [rows: number, columns: number];
}

/**
 * The layout that a model's layers tell: patches are what `ClassTokens` is given, class tokens what `TokenAt` reads, and
 * what else stands before the patches are registers. Patches that a layer of somebody else's makes (a convolutional stem)
 * are as many rows by columns as the picture's proportions say.
 *
 * @throws RangeError if the model lacks attention or class tokens, at any depth, applies a block more than once (its layers
 * would not be told apart), or its layers do not tell the grid or the class tokens' places.
 */
export function tokenLayout(caller: string, model: tfl.LayersModel): TokenLayout {
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
  const patches = inputShape(token)[1]!;
  const prefixTokens = tokens - patches;
  if (prefixTokens < classTokens.length) {
    throw new RangeError(
      `${caller}: attention must see ${patches} patches and ${classTokens.length} class tokens at least, got ${tokens} tokens`,
    );
  }
  const read = [...new Set(every(TokenAt).map(({ index }) => index))].sort((a, b) => a - b);
  const places = prefixTokens === classTokens.length ? [...classTokens.keys()] : read;
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

/** As many rows and columns as a picture's proportions ask for. */
function gridLike(caller: string, patches: number, height: number, width: number): [number, number] {
  const rows = Math.round(Math.sqrt((patches * height) / width));
  if (rows >= 1 && rows * Math.round((rows * width) / height) === patches) return [rows, patches / rows];
  throw new RangeError(
    `${caller}: expected a PatchEmbedding, or patches in the proportions of a ${height}x${width} picture, got ${patches}`,
  );
}

/**
 * Runs the model once, in evaluation, and keeps what `reduce` makes of each attention layer's probabilities
 * `[batch, heads, queries, tokens]`: at any time there is one layer's whole tensor beside what was kept.
 *
 * @throws RangeError if the images do not have the model's shape, before anything is allocated.
 */
export function observeAttention<T extends tf.Tensor>(
  caller: string,
  model: tfl.LayersModel,
  images: tf.Tensor,
  reduce: (probabilities: tf.Tensor4D) => T,
): T[] {
  const [, ...sides] = model.inputs[0]!.shape;
  if (images.rank !== sides.length + 1 || sides.some((side, i) => side !== images.shape[i + 1])) {
    throw new RangeError(`${caller}: images must be [batch,${sides}], got [${images.shape}]`);
  }
  const kept = new Map<tfl.layers.Layer, T>(); // tfjs runs a model inside a model once per output: the first run counts
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

/** A model's layers, and those of the models inside it. */
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

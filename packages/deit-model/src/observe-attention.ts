import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type AttentionObserver, ClassTokens, MultiHeadSelfAttention, PatchEmbedding } from "vit-blocks";

/** A token that is no patch, by what it learns from. */
export type ClassToken = "class" | "distillation";

/** Which tokens a model has: class tokens first, then patches row after row. */
export interface TokenLayout {
  /** In order. */
  readonly classTokens: readonly ClassToken[];
  /** Patches from top to bottom and from left to right. */
  readonly grid: readonly [rows: number, columns: number];
}

/**
 * @throws RangeError if the model lacks attention, a patch embedding or class tokens, at any depth, or applies a block
 * more than once: its layers would not be told apart.
 */
export function tokenLayout(caller: string, model: tfl.LayersModel): TokenLayout {
  const layers = layersOf(caller, model);
  const find = <T extends tfl.layers.Layer>(kind: new (args: never) => T): T => {
    const layer = layers.find((one) => one instanceof kind);
    if (layer === undefined) {
      throw new RangeError(
        `${caller}: the model must have a layer ${kind.name}, got none in '${model.name}'`,
      );
    }
    return layer as T; // found by its class
  };
  find(MultiHeadSelfAttention);
  const { distilled } = find(ClassTokens);
  const patches = find(PatchEmbedding);
  const [, height, width] = (patches.getInputAt(0) as tfl.SymbolicTensor).shape;
  return {
    classTokens: distilled ? ["class", "distillation"] : ["class"],
    grid: [height! / patches.patchSize, width! / patches.patchSize],
  };
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

import * as tfl from "@tensorflow/tfjs-layers";
import {
  ANY,
  atLeast,
  type Checks,
  COUNT,
  FUNCTION,
  OBJECT,
  optional,
  requireOptions,
  UINT32,
} from "known-options";
import { ADAMW_SEMANTICS, AdamW, cosine, timmNoDecay } from "tfjs-optim";
import { batchesPerEpoch, type DataSource, type FitOptions, fit } from "train-loop";
import { classification } from "../tasks/classification.ts";
import { type ExtractFeaturesOptions, extractFeatures, featureSource, widthOf } from "./features.ts";
import type { Features } from "./gather-features.ts";

/** Options of {@link trainHead}: AdamW with a cosine schedule. */
export interface TrainHeadOptions extends Pick<FitOptions, "callbacks" | "signal" | "communicator"> {
  /** Number of classes. */
  readonly classes: number;
  /** Number of epochs. Default 40. */
  readonly epochs?: number;
  /** Initial learning rate. Default 1e-3. */
  readonly learningRate?: number;
  /** Weight decay of the kernel, as in PyTorch. Default 0.01. */
  readonly weightDecay?: number;
  /** Samples per optimizer step. Default 128. */
  readonly batchSize?: number;
  /** Seed of the order, uint32. Default 0. */
  readonly seed?: number;
  /** Features to evaluate after each epoch. Default: none. */
  readonly heldOut?: Features;
}

const HEAD_CHECKS: Checks<TrainHeadOptions> = {
  classes: COUNT,
  epochs: optional(COUNT),
  learningRate: optional(atLeast(0)),
  weightDecay: optional(atLeast(0)),
  batchSize: optional(COUNT),
  seed: optional(UINT32),
  heldOut: optional(OBJECT),
  callbacks: ANY, // these are checked by fit
  signal: ANY,
  communicator: ANY,
};

/** A trained head. */
export interface TrainedHead {
  /** Dense layer that maps features to logits; owned by the caller. */
  readonly head: tfl.layers.Layer;
  readonly history: tfl.History;
}

/**
 * Trains a dense layer, initialized with zeros, on stored features.
 *
 * @throws TypeError for an unknown option. RangeError for options out of range or a label that is not a class.
 *
 * @example
 * const { head, history } = await trainHead(features, { classes: 5, heldOut });
 */
export async function trainHead(features: Features, options: TrainHeadOptions): Promise<TrainedHead> {
  requireOptions("trainHead", options, HEAD_CHECKS);
  const {
    classes,
    learningRate = 1e-3,
    weightDecay = 0.01,
    batchSize = 128,
    seed = 0,
    heldOut,
    ...passedOn
  } = options;
  const { epochs = 40 } = options;
  const inputShape = [features.width];
  const head = tfl.layers.dense({ units: classes, inputShape, kernelInitializer: "zeros", name: "probe" });
  const probe = tfl.sequential({ layers: [head] });
  const source = featureSource(features, batchSize, seed);
  const optimizer = new AdamW({
    ...ADAMW_SEMANTICS.torch,
    learningRate: cosine({ base: learningRate, totalSteps: epochs * batchesPerEpoch(source) }),
    weightDecay,
    excludeFromDecay: timmNoDecay(probe),
  });
  try {
    const task = classification({ model: probe, preprocess: (rows) => rows });
    const validationData = heldOut && featureSource(heldOut, batchSize, seed);
    const history = await fit(task, optimizer, source, {
      ...passedOn,
      epochs,
      microBatchSize: batchSize,
      ...(validationData && { validationData }),
    });
    return { head, history };
  } finally {
    optimizer.dispose();
  }
}

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions
  extends Omit<TrainHeadOptions, "heldOut">,
    Pick<ExtractFeaturesOptions, "preprocess"> {
  /** Images per pass of the backbone. Default 8. */
  readonly microBatchSize?: number;
  /** Data to evaluate after each epoch. Default: none. */
  readonly validationData?: DataSource;
  /** Callback with the progress of the features, over both sources. */
  readonly onFeatures?: (samples: number, of: number) => void;
}

const { heldOut: _, ...TRAINING_CHECKS } = HEAD_CHECKS;
const CHECKS: Checks<LinearProbeOptions> = {
  ...TRAINING_CHECKS,
  preprocess: optional(FUNCTION),
  microBatchSize: optional(COUNT),
  validationData: optional(OBJECT),
  onFeatures: optional(FUNCTION),
};

/** Result of {@link linearProbe}. */
export interface Probed {
  /** Backbone and head: a classifier that shares the backbone's variables. */
  readonly model: tfl.LayersModel;
  readonly history: tfl.History;
}

/**
 * Trains a linear probe: computes the features of a frozen backbone once, then trains a head on them. The teacher of the Keras
 * example is one, on BiT-M R50x3. Several programs (`communicator`) divide both.
 *
 * @param backbone - Model `[batch, height, width, 3]` → `[batch, width]`, such as `featuresOf(model)`. Not changed.
 * @param source - Labeled images without augmentation; epoch 0 is used.
 * @throws TypeError for an unknown option. RangeError for options out of range, a backbone without a vector as its output, or a
 * label that is not a class.
 *
 * @example
 * const { history } = await linearProbe(model, train, { classes: 5, validationData });
 * console.log(history.history.val_accuracy.at(-1));
 */
export async function linearProbe(
  backbone: tfl.LayersModel,
  source: DataSource,
  options: LinearProbeOptions,
): Promise<Probed> {
  requireOptions("linearProbe", options, CHECKS);
  const { preprocess, microBatchSize, validationData, onFeatures, ...training } = options;
  widthOf(backbone);
  const total = source.size + (validationData?.size ?? 0);
  const featuresFrom = (from: DataSource, before: number) =>
    extractFeatures(backbone, from, {
      ...(preprocess && { preprocess }),
      ...(microBatchSize !== undefined && { microBatchSize }),
      ...(training.communicator && { communicator: training.communicator }),
      onProgress: (done) => onFeatures?.(before + done, total),
    });
  const features = await featuresFrom(source, 0);
  const heldOut = validationData && (await featuresFrom(validationData, source.size));
  const { head, history } = await trainHead(features, { ...training, ...(heldOut && { heldOut }) });
  const logits = head.apply(backbone.outputs[0]!) as tfl.SymbolicTensor;
  return { model: tfl.model({ inputs: backbone.inputs, outputs: logits, name: "probed" }), history };
}

import * as tfl from "@tensorflow/tfjs-layers";
import { Classifier, type DataSource } from "distill-trainer";
import { deitOptimizer } from "../optimizer.ts";
import { type Fitted, fitWithProgress } from "../terminal/fit-with-progress.ts";
import type { LineOutput } from "../terminal/live-line.ts";

/** What to train a probe with. */
export interface ProbeOptions {
  /** Numbers in a feature vector. */
  readonly width: number;
  readonly classes: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly output: LineOutput;
}

const WEIGHT_DECAY = 0.01;
const LINE_EVERY = 10;

/**
 * One dense layer, trained on a frozen model's features.
 *
 * @returns The layer, to be applied to the model's features, and how it went.
 */
export async function linearProbe(
  train: DataSource,
  heldOut: DataSource,
  { width, classes, epochs, learningRate, output }: ProbeOptions,
): Promise<{ head: tfl.layers.Layer; fitted: Fitted }> {
  const head = tfl.layers.dense({
    units: classes,
    inputShape: [width],
    kernelInitializer: "zeros",
    name: "probe",
  });
  const probe = tfl.sequential({ layers: [head] });
  const optimizer = deitOptimizer(probe, train, { learningRate, weightDecay: WEIGHT_DECAY, epochs });
  const classifier = new Classifier(probe);
  classifier.compile({ optimizer, preprocess: (features) => features });
  const fit = { epochs, validationData: heldOut, microBatchSize: train.batchSize, lineEvery: LINE_EVERY };
  const fitted = await fitWithProgress("teacher", classifier, train, fit, output);
  optimizer.dispose();
  return { head, fitted };
}

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { ADAMW_SEMANTICS, AdamW, Classifier, cosine, type DataSource, layersTeacher } from "distill-trainer";
import { sampleKey } from "sample-keys";
import { loadLayersModelFile } from "./layers-model-files.ts";

/** The layer whose output is probed. */
const FEATURES = "feature_vector";
const FORWARD_ROWS = 8;
const PROBE_BATCH = 128;

/** A pretrained model from disk, before it knows the flowers. */
export interface Backbone {
  readonly model: tfl.LayersModel;
  /** `[batch, features]` of the layer {@link FEATURES}; absent where the model is a classifier of our classes. */
  readonly features: tfl.LayersModel | undefined;
  /** Pixels, square. */
  readonly imageSize: number;
}

/** What to train a probe with. */
export interface ProbeOptions {
  readonly classes: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly callbacks: tfl.CustomCallbackArgs;
}

/** From pixels in 0…255 to the backbone's input, −1…1: MobileNet's convention. */
export function toSymmetricRange(images: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sub(tf.div(images, 127.5), 1));
}

/**
 * Opens a tfjs layers model as a teacher-to-be.
 *
 * @throws Error if it has neither `classes` outputs nor a layer `feature_vector` to probe, or its images are not
 * square RGB.
 */
export async function loadBackbone(path: string, classes: number): Promise<Backbone> {
  const model = await loadLayersModelFile(path);
  const [, height, width, channels] = model.inputs[0]!.shape;
  if (model.inputs.length !== 1 || height !== width || channels !== 3 || typeof height !== "number") {
    throw new Error(
      `${path}: a teacher must take square RGB images, got [${model.inputs[0]!.shape.slice(1)}]`,
    );
  }
  const outputs = model.outputs[0]!.shape.at(-1);
  const layer = model.layers.find(({ name }) => name === FEATURES);
  if (layer === undefined && outputs !== classes) {
    throw new Error(
      `${path}: a teacher must have the data's ${classes} classes, or a layer '${FEATURES}' to probe; got ${outputs} classes`,
    );
  }
  const features =
    outputs === classes
      ? undefined
      : tfl.model({ inputs: model.inputs, outputs: layer!.output as tfl.SymbolicTensor });
  return { model, features, imageSize: height };
}

/**
 * The backbone's features of every sample, computed once, as a data source for a linear probe.
 *
 * @param onProgress - Called with the number of samples done.
 */
export async function extractFeatures(
  features: tfl.LayersModel,
  source: DataSource,
  seed: number,
  onProgress: (samples: number) => void,
): Promise<DataSource> {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of source.batches(0)) {
    const [height, width] = batch.shape.slice(1) as [number, number];
    const stride = height * width * 3;
    for (let start = 0; start < batch.labels.length; start += FORWARD_ROWS) {
      const end = Math.min(start + FORWARD_ROWS, batch.labels.length);
      const output = tf.tidy(() => {
        const images = tf.tensor4d(batch.images.subarray(start * stride, end * stride), [
          end - start,
          height,
          width,
          3,
        ]);
        return features.predict(toSymmetricRange(images)) as tf.Tensor2D;
      });
      const width_ = output.shape[1];
      const data = (await output.data()) as Float32Array;
      output.dispose();
      for (let row = 0; row < end - start; row++) rows.push(data.slice(row * width_, (row + 1) * width_));
    }
    labels.push(...batch.labels);
    onProgress(labels.length);
    await tf.nextFrame();
  }
  return featureSource(rows, Int32Array.from(labels), seed);
}

/** Trains one dense layer on stored features and puts it on the backbone. */
export async function linearProbe(
  backbone: Backbone,
  train: DataSource,
  validation: DataSource,
  options: ProbeOptions,
): Promise<{ model: tfl.LayersModel; history: tfl.History }> {
  const width = backbone.features!.outputs[0]!.shape[1] as number;
  const head = tfl.layers.dense({ units: options.classes, inputShape: [width], kernelInitializer: "zeros" });
  const probe = tfl.sequential({ layers: [head] });
  const classifier = new Classifier(probe);
  const steps = Math.ceil(train.size / train.batchSize) * options.epochs;
  const learningRate = cosine({ base: options.learningRate, totalSteps: steps });
  classifier.compile({
    optimizer: new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate, weightDecay: 1e-2 }),
    preprocess: (features) => features,
  });
  const history = await classifier.fitDataset(train, {
    epochs: options.epochs,
    validationData: validation,
    microBatchSize: PROBE_BATCH,
    callbacks: options.callbacks,
  });
  const logits = head.apply(backbone.features!.outputs[0]!) as tfl.SymbolicTensor;
  return { model: tfl.model({ inputs: backbone.features!.inputs, outputs: logits }), history };
}

/** A pretrained model as a teacher for the distiller. */
export function photoTeacher(model: tfl.LayersModel): ReturnType<typeof layersTeacher> {
  return layersTeacher(model, toSymmetricRange);
}

function featureSource(rows: readonly Float32Array[], labels: Int32Array, seed: number): DataSource {
  const width = rows[0]!.length;
  return {
    size: rows.length,
    batchSize: PROBE_BATCH,
    async *batches(epoch: number) {
      const keyed = rows.map((_, row) => [sampleKey(seed, epoch, row), row] as const);
      const order = keyed.sort(([a], [b]) => a - b).map(([, row]) => row);
      for (let start = 0; start < order.length; start += PROBE_BATCH) {
        const chosen = order.slice(start, start + PROBE_BATCH);
        const images = new Float32Array(chosen.length * width);
        chosen.forEach((row, i) => {
          images.set(rows[row]!, i * width);
        });
        yield {
          images,
          shape: [chosen.length, width],
          labels: Int32Array.from(chosen, (row) => labels[row]!),
          sampleKeys: Uint32Array.from(chosen, (row) => sampleKey(seed, epoch, row)),
        };
      }
    },
  };
}

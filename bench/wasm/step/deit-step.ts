import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitSize } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";

const CLASSES = 5;

/** A distilled ViT on random images, and what is timed of it. Works with or without our kernels in place. */
export interface DeitStep {
  readonly batch: number;
  readonly model: ReturnType<typeof deit>;
  /** `[batch, height, width, 3]`. */
  readonly images: tf.Tensor4D;
  readonly variables: tf.Variable[];
  /** Logits of both heads, thrown away once read. */
  forward(): void;
  /** The mean loss' gradient with respect to every weight; `use` borrows it. `atEnd` is called between both passes. */
  forwardBackward(use?: (gradients: tf.NamedTensorMap) => void, atEnd?: () => void): void;
  dispose(): void;
}

/**
 * The model of `size` and a micro-batch. Two cross-entropies, one a head, as in hard distillation.
 *
 * @param logits - Computes both heads' logits some other way. Default: the model itself, in training.
 */
export function deitStep(
  size: VitSize,
  batch: number,
  logits?: (model: ReturnType<typeof deit>, images: tf.Tensor4D) => tf.Tensor[],
): DeitStep {
  const model = deit({ ...size, classes: CLASSES });
  const side = size.imageSize as number; // the presets are square
  const images = tf.randomUniform([batch, side, side, 3], 0, 1, "float32", 1) as tf.Tensor4D;
  const labels = Array.from({ length: batch }, (_, i) => i % CLASSES);
  const targets = tf.tidy(
    () => tf.oneHot(tf.tensor1d(labels, "int32"), CLASSES, 1, 0, "float32") as tf.Tensor2D,
  );
  const sampleKeys = Uint32Array.from(labels.keys());
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const train = logits ?? (() => model.apply(images, { training: true, sampleKeys }) as tf.Tensor[]);
  return {
    batch,
    model,
    images,
    variables,
    forward() {
      const heads = model.predict(images, { batchSize: batch }) as tf.Tensor[];
      for (const head of heads) head.dataSync();
      tf.dispose(heads);
    },
    forwardBackward(use, atEnd) {
      const { value, grads } = tf.variableGrads(() => {
        const losses = train(model, images).map((head) => softmaxCrossEntropy(targets, head as tf.Tensor2D));
        const loss = tf.mean(tf.addN(losses)) as tf.Scalar;
        atEnd?.();
        return loss;
      }, variables);
      value.dataSync();
      use?.(grads);
      tf.dispose([value, grads]);
    },
    dispose() {
      model.dispose();
      tf.dispose([images, targets]);
    },
  };
}

import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitConfig } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";
import { AdamW, squaredNorms } from "tfjs-optim";

/** A DeiT with drop path, and its whole step: forward, loss of both heads, backward, norms, AdamW. */
export function deitStep(options: VitConfig & { readonly classes: number }) {
  const { classes } = options;
  const model = deit({ ...options, dropPathRate: 0.1 });
  const optimizer = new AdamW({ learningRate: 1e-3 });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  /** @param sampleKeys - Numbers, or in a captured step a tensor. */
  const take = (images: tf.Tensor, labels: tf.Tensor, sampleKeys: unknown) => {
    const { value, grads } = tf.variableGrads(() => {
      const heads = model.apply(images, { training: true, sampleKeys } as never) as tf.Tensor2D[];
      const targets = tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), "float32") as tf.Tensor2D;
      return tf.mean(tf.addN(heads.map((head) => softmaxCrossEntropy(targets, head)))) as tf.Scalar;
    }, variables);
    const norms = squaredNorms(variables.map(({ name }) => grads[name]!));
    optimizer.applyGradients(grads);
    return { loss: value, norms };
  };
  const dispose = () => {
    optimizer.dispose();
    model.dispose();
  };
  return { take, dispose };
}

import * as tf from "@tensorflow/tfjs-core";
import { groupNorm, weightStandardize } from "bit-teacher";

const GROUPS = 32;
const STAGES = [3, 4, 6, 3];
const EXPANSION = 4;

/** A ResNet-50-v2 with GroupNorm and weight-standardised convolutions. */
export interface Resnet {
  readonly variables: tf.Variable[];
  /** `[batch, height, width, 3]` → logits `[batch, classes]`. */
  apply(images: tf.Tensor4D): tf.Tensor2D;
  /** Multiplications and additions of the convolutions of all `apply` calls, in GFLOP. */
  readonly gigaflops: number;
  dispose(): void;
}

/**
 * Weights are made, drawn at random, as `apply` first meets them.
 *
 * @see Kolesnikov et al. 2019, "Big Transfer", https://arxiv.org/abs/1912.11370; He et al. 2016,
 * https://arxiv.org/abs/1603.05027
 */
export function resnet50(classes: number): Resnet {
  const weights = new Map<string, tf.Variable>();
  let flops = 0;

  const weight = (name: string, shape: number[], deviation: number, mean = 0): tf.Variable => {
    let variable = weights.get(name);
    if (variable === undefined) {
      const seed = weights.size + 1;
      variable = tf.keep(tf.variable(tf.randomNormal(shape, mean, deviation, "float32", seed)));
      weights.set(name, variable);
    }
    return variable;
  };
  const conv = (x: tf.Tensor4D, name: string, size: number, outputs: number, stride = 1): tf.Tensor4D => {
    const shape = [size, size, x.shape[3], outputs];
    const kernel = weightStandardize(weight(name, shape, 1) as unknown as tf.Tensor4D);
    // Standardised kernels have variance 1: brought down to what keeps the activations' size.
    const scaled = tf.mul(kernel, Math.sqrt(2 / (size * size * x.shape[3]))) as tf.Tensor4D;
    const y = tf.conv2d(x, scaled, stride, "same");
    flops += 2 * y.size * size * size * x.shape[3];
    return y;
  };
  const normRelu = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
    const gamma = weight(`${name}.gamma`, [x.shape[3]], 0, 1) as unknown as tf.Tensor1D;
    const beta = weight(`${name}.beta`, [x.shape[3]], 0) as unknown as tf.Tensor1D;
    return tf.relu(groupNorm(x, gamma, beta, { groups: GROUPS }));
  };
  const unit = (x: tf.Tensor4D, name: string, width: number, stride: number): tf.Tensor4D => {
    const outputs = EXPANSION * width;
    const active = normRelu(x, `${name}.norm1`);
    const changes = stride > 1 || x.shape[3] !== outputs;
    const shortcut = changes ? conv(active, `${name}.shortcut`, 1, outputs, stride) : x;
    const y1 = conv(active, `${name}.conv1`, 1, width);
    const y2 = conv(normRelu(y1, `${name}.norm2`), `${name}.conv2`, 3, width, stride);
    return tf.add(shortcut, conv(normRelu(y2, `${name}.norm3`), `${name}.conv3`, 1, outputs));
  };

  const apply = (images: tf.Tensor4D): tf.Tensor2D => {
    let x = tf.maxPool(conv(images, "root", 7, 64, 2), 3, 2, "same");
    for (const [stage, units] of STAGES.entries()) {
      for (let i = 0; i < units; i++) {
        x = unit(x, `stage${stage}.${i}`, 64 << stage, i === 0 && stage > 0 ? 2 : 1);
      }
    }
    const pooled = tf.mean(normRelu(x, "norm"), [1, 2]) as tf.Tensor2D;
    const kernel = weight("head.kernel", [pooled.shape[1], classes], 0.01) as unknown as tf.Tensor2D;
    return tf.add(tf.matMul(pooled, kernel), weight("head.bias", [classes], 0));
  };

  return {
    get variables() {
      return [...weights.values()];
    },
    get gigaflops() {
      return flops / 1e9;
    },
    apply,
    dispose() {
      tf.dispose([...weights.values()]);
    },
  };
}

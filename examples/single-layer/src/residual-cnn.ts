import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { linearDropRates, StochasticDepth } from "stochastic-depth";

/** Options of {@link residualCnn}. */
export interface ResidualCnnOptions {
  /** Side of the square RGB images, pixels. */
  readonly size: number;
  readonly classes: number;
  readonly blocks: number;
  /** Drop rate of the last block; the rates grow to it linearly. 0: no stochastic depth. */
  readonly maxDropRate: number;
}

/** A compiled residual CNN, `[batch, size, size, 3]` → probabilities `[batch, classes]`. Its weights do not depend on the rates. */
export function residualCnn({ size, classes, blocks, maxDropRate }: ResidualCnnOptions): tfl.LayersModel {
  let seed = 0;
  const conv = (strides: number, activation: "relu" | "linear", scale = 2) =>
    tfl.layers.conv2d({
      ...{ filters: 24, kernelSize: 3, strides, padding: "same", activation },
      kernelInitializer: tfl.initializers.varianceScaling({ scale, seed: ++seed }),
    });

  const images = tfl.input({ shape: [size, size, 3] });
  let x = through(conv(2, "relu"), through(conv(2, "relu"), images));
  for (const [i, dropProb] of linearDropRates(blocks, maxDropRate).entries()) {
    const branch = through(conv(1, "linear", 1 / blocks), through(conv(1, "relu"), x));
    // The line that matters: in model.fit, samples lose this branch at random; in evaluation it stays as it is.
    const dropped = through(new StochasticDepth({ dropProb, seed: i, name: `drop_path_${i}` }), branch);
    x = tfl.layers.add().apply([x, dropped]) as tfl.SymbolicTensor;
  }
  const pooled = through(tfl.layers.globalAveragePooling2d({}), x);
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: ++seed });
  const output = through(
    tfl.layers.dense({ units: classes, activation: "softmax", kernelInitializer }),
    pooled,
  );
  const model = tfl.model({ inputs: images, outputs: output });
  model.compile({ optimizer: tf.train.adam(1e-3), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

function through(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor; // one output each
}

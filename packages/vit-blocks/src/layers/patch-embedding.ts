import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT } from "known-options";
import { glorotUniform } from "../initializer.ts";
import { linear } from "../ops/linear.ts";
import { patchExtract } from "../ops/patch-extract.ts";
import { SEEDED_OPTIONS, type SeededArgs, SeededLayer, single, singleShape, ZEROS } from "./base.ts";

/** Config of {@link PatchEmbedding}. */
export interface PatchEmbeddingArgs extends SeededArgs {
  /** Side of a patch in pixels; must divide the image's height and width. */
  patchSize: number;
  /** Embedding dimension. */
  dim: number;
}

const CHECKS: Checks<PatchEmbeddingArgs> = { ...SEEDED_OPTIONS, patchSize: COUNT, dim: COUNT };

/**
 * Embeds the patches of images as tokens: a convolution whose kernel and stride are one patch, computed as a matrix
 * product (tfjs' WASM backend has no gradient for a convolution's filter).
 *
 * `[batch, height, width, channels]` → `[batch, patches, dim]`, patches row after row. Weights: `kernel`
 * `[p, p, channels, dim]` and `bias` `[dim]`, as in Keras' `Conv2D`. `init: "timm"` initializes both as PyTorch's `Conv2d`:
 * uniform within `±1 / sqrt(p · p · channels)`.
 *
 * @throws RangeError if the patch size does not divide the image.
 * @see Dosovitskiy et al. 2020, section 3.1, https://arxiv.org/abs/2010.11929
 *
 * @example
 * const tokens = new PatchEmbedding({ patchSize: 16, dim: 192 }).apply(tf.zeros([1, 224, 224, 3])); // [1, 196, 192]
 */
export class PatchEmbedding extends SeededLayer<PatchEmbeddingArgs> {
  static readonly className: string = "PatchEmbedding";
  readonly patchSize: number;
  readonly dim: number;

  constructor(args: PatchEmbeddingArgs) {
    super("PatchEmbedding", args, CHECKS);
    this.patchSize = args.patchSize;
    this.dim = args.dim;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    this.computeOutputShape(inputShape); // throws if the patch size does not divide the image
    const shape = [this.patchSize, this.patchSize, singleShape(inputShape)[3]!, this.dim];
    const limit = 1 / Math.sqrt(shape[0]! * shape[1]! * shape[2]!);
    const uniform = { kind: "uniform", limit } as const;
    this.addSeeded("kernel", shape, this.init === "timm" ? uniform : glorotUniform(shape));
    this.addSeeded("bias", [this.dim], this.init === "timm" ? uniform : ZEROS);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, height, width, channels] = singleShape(inputShape);
    const p = this.patchSize;
    if (!height || !width || !channels || height % p !== 0 || width % p !== 0) {
      throw new RangeError(
        `PatchEmbedding: patchSize must divide the image [height, width, channels], got ${p} for ` +
          `[${[height, width, channels].map((side) => side ?? "?")}]`,
      );
    }
    return [batch!, (height / p) * (width / p), this.dim];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const patches = patchExtract(single(inputs), this.patchSize); // [batch, patches, p * p * channels]
      const kernel = tf.reshape(this.weight("kernel"), [patches.shape[2], this.dim]);
      return linear(patches, kernel, this.weight("bias"));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), patchSize: this.patchSize, dim: this.dim };
  }
}

tf.serialization.registerClass(PatchEmbedding);

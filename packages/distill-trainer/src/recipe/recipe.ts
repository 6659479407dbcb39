import type { ADAMW_SEMANTICS } from "tfjs-optim";
import type { Augmentation, CenterCropOptions, MixOptions } from "vision-augment";
import type { Hint } from "../hints/hint-options.ts";
import type { Distillation } from "../losses/distillation-loss.ts";
import type { FeatureLoss } from "../losses/feature-loss.ts";
import type { LabelLoss } from "../losses/label-loss.ts";
import type { Normalization } from "../models/preprocess.ts";

/** How a transformer is trained, as plain data; see {@link recipeStep} and {@link recipeTask}. */
export interface Recipe {
  /** Number of epochs. */
  readonly epochs: number;
  /** Samples per optimizer step. */
  readonly batchSize: number;
  /**
   * Optimizer. `"lamb"` is timm's with DeiT's epsilon of 1e-8: gradients are clipped to a norm of 1. `"lion"` is timm's. Default
   * `"adamw"`.
   */
  readonly optimizer?: "adamw" | "lamb" | "lion";
  /** Library whose AdamW is used; absent with another optimizer. Default `"torch"`. */
  readonly adamW?: keyof typeof ADAMW_SEMANTICS;
  /** Peak learning rate. */
  readonly learningRate: number;
  /** Batch size that `learningRate` is for: the rate is scaled to `batchSize`. Default: no scaling. */
  readonly learningRatePer?: number;
  /** Learning-rate schedule after warm-up. */
  readonly schedule: "constant" | "cosine";
  /** Final learning rate of a cosine schedule. Default 0. */
  readonly minLearningRate?: number;
  /** Learning-rate warm-up. Default: none. */
  readonly warmup?: RecipeWarmup;
  /** Weight decay. */
  readonly weightDecay: number;
  /** Variables that decay: all, or all except timm's exceptions (see `timmNoDecay`). */
  readonly decays: "all" | "matrices";
  /** Factor of the learning rate from a layer to the one before it (see `layerDecay`). Default 1: none. */
  readonly layerDecay?: number;
  /** Highest norm of a step's gradients. Default: no clipping. */
  readonly clipNorm?: number;
  /** Decay of the weights' moving average, which is evaluated beside them. Default: no average. */
  readonly emaDecay?: number;
  /** Label smoothing, in [0, 1). */
  readonly labelSmoothing: number;
  /** Loss of the labels. Default: cross-entropy, or binary cross-entropy for several labels. */
  readonly loss?: LabelLoss;
  /** Weights of classes in the labels' loss, 1 for those not named, or `"balanced"`; see {@link recipeTask}. Default: 1 for all. */
  readonly classWeights?: "balanced" | readonly ClassWeight[];
  /** Stochastic-depth rate of the last block; used by the model, not by the trainer. */
  readonly dropPathRate: number;
  /** Distillation loss. */
  readonly distillation: Distillation;
  /** Weight of the distillation loss, in [0, 1]; the labels' loss gets the rest. */
  readonly alpha: number;
  /** Hints from the teacher's inner layers; see {@link recipeHints}. Default: none. */
  readonly hints?: RecipeHints;
  /** Options of `mixedSource`. Default: no mixing. */
  readonly mixing?: MixOptions;
  /** Views of training and evaluation images. */
  readonly images: RecipeImages;
  /** Mean and standard deviation that normalize pixels. Default: `x / 255`. */
  readonly normalization?: Normalization;
}

/** Weight of a class. */
export interface ClassWeight {
  readonly name: string;
  /** At least 0. */
  readonly weight: number;
}

/** Feature distillation as plain data; see {@link FeatureHints}. */
export interface RecipeHints {
  /** Pairs of a teacher's and a student's layer. Default: the layers that the teacher suggests, the block before the last. */
  readonly pairs?: readonly Pick<Hint, "teacher" | "student">[];
  /** Weight of each pair. Default 2.5. */
  readonly weight?: number;
  /** Loss of each pair. Default `"mse"`. */
  readonly loss?: FeatureLoss;
  /** Whitening of the teacher's features: LayerNorm, each channel by statistics of the training data, or none. Default `"layer"`. */
  readonly whitening?: "layer" | "channels" | "none";
  /** Course of the weights over the steps with hints. Default `"constant"`. */
  readonly schedule?: "constant" | "cosine";
  /** Part of the run, from its beginning, with hints. Default 1. */
  readonly share?: number;
}

/** Linear rise of the learning rate to its peak, over epochs or over optimizer steps: one of the two is given. */
export interface RecipeWarmup {
  /** Length in epochs. */
  readonly epochs?: number;
  /** Length in optimizer steps. */
  readonly steps?: number;
  /** First learning rate. Default: the peak over the steps of the warm-up, as with `cosine`'s `warmupSteps`. */
  readonly from?: number;
  /** Whether warm-up delays the schedule or replaces its beginning, see `WarmupOptions`. Default `"delays"`. */
  readonly mode?: "delays" | "replaces";
}

/** Options of `image-source`'s `imageSource`, as plain data. */
export interface RecipeImages {
  /** Augmentation of training images. Default: the Keras example's crop and flip. */
  readonly augmentation?: Augmentation;
  /** Views of each image per epoch. Default 1. */
  readonly repeats?: number;
  /** Draw of an epoch's images: `"balanced"`, with replacement, each class as likely. Default: each image once. */
  readonly sampling?: "balanced";
  /** Center crop of evaluation images. Default: none. */
  readonly centerCrop?: CenterCropOptions & { readonly ratio: number };
}

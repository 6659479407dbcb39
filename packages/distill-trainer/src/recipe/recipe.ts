import type { ADAMW_SEMANTICS } from "tfjs-optim";
import type { MixOptions } from "vision-augment";
import type { Distillation } from "../losses/distillation-loss.ts";
import type { Normalization } from "../models/preprocess.ts";

/** How a transformer is trained: plain data. {@link compileRecipe} makes of it what `compile` takes. */
export interface Recipe {
  readonly epochs: number;
  /** Samples an optimizer step. */
  readonly batchSize: number;
  /** Library whose AdamW is used. */
  readonly adamW: keyof typeof ADAMW_SEMANTICS;
  /** The highest one. */
  readonly learningRate: number;
  /** The batch size that `learningRate` is meant for: it is scaled to the recipe's. Default: it is not scaled. */
  readonly learningRatePer?: number;
  readonly schedule: "constant" | "cosine";
  /** Where a cosine ends. Default 0. */
  readonly minLearningRate?: number;
  /** Default: none. */
  readonly warmup?: RecipeWarmup;
  readonly weightDecay: number;
  /** What decays: every variable, or none of timm's exceptions (see `timmNoDecay`). */
  readonly decays: "all" | "matrices";
  /** Factor of the learning rate from a layer to the one before it (see `layerDecay`). Default 1: none. */
  readonly layerDecay?: number;
  /** Highest norm of a step's gradients. Default: any. */
  readonly clipNorm?: number;
  /** Decay of the moving average of the weights, which is evaluated beside them. Default: no average. */
  readonly emaDecay?: number;
  readonly labelSmoothing: number;
  /** Stochastic-depth rate of the last block; used by the model, not by the trainer. */
  readonly dropPathRate: number;
  readonly distillation: Distillation;
  /** Share of the distillation loss. */
  readonly alpha: number;
  /** Options of `mixedSource`. Default: nothing is mixed. */
  readonly mixing?: MixOptions;
  /** What training images are made with: options of `flowers-data`'s `imageSource`. */
  readonly images: RecipeImages;
  /** What the model's input is made of pixels with. Default: `x / 255`. */
  readonly normalization?: Normalization;
}

/** A rise of the learning rate. */
export interface RecipeWarmup {
  /** How long: epochs, or optimizer steps. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  /** The first rate. Default: the highest one over the steps of the warm-up, as `cosine`'s `warmupSteps`. */
  readonly from?: number;
  /** See `WarmupOptions`. Default `"delays"`. */
  readonly mode?: "delays" | "replaces";
}

/** Options of `flowers-data`'s `imageSource`, as plain data. */
export interface RecipeImages {
  readonly augmentation?: {
    readonly crop?: { readonly scale?: readonly [number, number] };
    readonly flip?: number;
    readonly randAugment?: { readonly magnitude?: number; readonly magnitudeStd?: number };
    readonly erasing?: { readonly probability?: number };
  };
  readonly repeats?: number;
  /** Center crop of images for evaluation. */
  readonly centerCrop?: { readonly ratio: number };
}

import { DEIT3_AUGMENTATION } from "vision-augment";
import { IMAGENET_NORMALIZATION } from "../models/preprocess.ts";
import type { Recipe } from "./recipe.ts";

/**
 * Recipe of the Keras example: AdamW of TensorFlow Addons at a constant rate, weight decay of all variables, random crops and
 * flips, pixels in [0, 1].
 *
 * @see https://keras.io/examples/vision/deit/
 */
export const KERAS_RECIPE: Recipe = {
  epochs: 20,
  batchSize: 256,
  adamW: "tfa",
  learningRate: 5e-4,
  learningRatePer: 512,
  schedule: "constant",
  weightDecay: 1e-4,
  decays: "all",
  labelSmoothing: 0.1,
  dropPathRate: 0.1,
  distillation: { kind: "hard" },
  alpha: 0.5,
  images: {},
};

/**
 * DeiT's recipe for training from scratch: the defaults of facebookresearch/deit's `main.py`, with the paper's batch size and
 * hard distillation. The learning rate changes every step, in facebookresearch/deit every epoch.
 *
 * @see Touvron et al. 2021, table 9, https://arxiv.org/abs/2012.12877; https://github.com/facebookresearch/deit
 */
export const DEIT_RECIPE: Recipe = {
  epochs: 300,
  batchSize: 1024,
  adamW: "torch",
  learningRate: 5e-4,
  learningRatePer: 512,
  schedule: "cosine",
  minLearningRate: 1e-5,
  warmup: { epochs: 5, from: 1e-6, mode: "replaces" },
  weightDecay: 0.05,
  decays: "matrices",
  emaDecay: 0.99996,
  labelSmoothing: 0.1,
  dropPathRate: 0.1,
  distillation: { kind: "hard" },
  alpha: 0.5,
  mixing: { mixupAlpha: 0.8, cutmixAlpha: 1, probability: 1, switchProbability: 0.5 },
  images: {
    augmentation: {
      crop: {},
      flip: 0.5,
      randAugment: { magnitude: 9, magnitudeStd: 0.5 },
      erasing: { probability: 0.25 },
    },
    repeats: 3,
    centerCrop: { ratio: 0.875 },
  },
  normalization: IMAGENET_NORMALIZATION,
};

/**
 * DeiT III's recipe for ImageNet-1k from scratch: LAMB, binary cross-entropy on mixed labels that are all 1, 3-Augment, no label
 * smoothing, no erasing. The paper's table, with the warm-up and the last rate of facebookresearch/deit's commands, which have a weight
 * decay of 0.05 where the table has 0.02.
 *
 * The drop-path rate is that of the small model: 0.2 for the base, 0.45 for the large. It is the last block's here, and every block's
 * there. LayerScale is the model's (`initValues`, 1e-4 there). DeiT III trains without a teacher: `distillation` and `alpha` are DeiT's.
 *
 * @see Touvron et al. 2022, table 1, https://arxiv.org/abs/2204.07118; facebookresearch/deit, README_revenge.md
 */
export const DEIT3_RECIPE: Recipe = {
  epochs: 800,
  batchSize: 2048,
  optimizer: "lamb",
  learningRate: 3e-3,
  schedule: "cosine",
  minLearningRate: 1e-5,
  warmup: { epochs: 5, from: 1e-6, mode: "replaces" },
  weightDecay: 0.02,
  decays: "matrices",
  labelSmoothing: 0,
  loss: { kind: "bce", targetThreshold: 0 },
  dropPathRate: 0.05,
  distillation: { kind: "hard" },
  alpha: 0.5,
  mixing: { mixupAlpha: 0.8, cutmixAlpha: 1, probability: 1, switchProbability: 0.5 },
  images: { augmentation: DEIT3_AUGMENTATION, repeats: 3, centerCrop: { ratio: 1 } },
  normalization: IMAGENET_NORMALIZATION,
};

/**
 * Recipe for fine-tuning published weights on a small set of other classes. In PyTorch, from ImageNet's DeiT-Ti (not distilled)
 * on the 3,303 training photos of tf_flowers at 224 pixels, it reaches 97.0% of the 367 held out in six epochs.
 *
 * (facebookresearch/deit fine-tunes for another resolution of the same classes: rate 5e-6, decay 1e-8, 30 epochs.)
 */
export const FINETUNE_RECIPE: Recipe = {
  epochs: 6,
  batchSize: 32,
  adamW: "torch",
  learningRate: 1e-4,
  schedule: "cosine",
  warmup: { steps: 50 },
  weightDecay: 0.05,
  decays: "matrices",
  clipNorm: 1,
  labelSmoothing: 0.1,
  dropPathRate: 0.1,
  distillation: { kind: "hard" },
  alpha: 0.5,
  images: {
    augmentation: { crop: { scale: [0.5, 1] }, flip: 0.5 },
    centerCrop: { ratio: 0.875 },
  },
  normalization: IMAGENET_NORMALIZATION,
};

/**
 * Function matching: a student of one head learns only the teacher's answers, `T² · KL(softmax(teacher / T) ‖ softmax(student / T))`
 * (`alpha` 1, for `logitDistillation`), on the same view as the teacher, where each batch is mixed by MixUp with λ of U(0, 1), for a very
 * long time.
 *
 * Loss, temperature, mixing, crops, warm-up, clipping and number of epochs are those of big_vision's run for 3,312 photos of pets (1,000
 * epochs with T = 5); learning rate and weight decay are DeiT's, as theirs are for a ResNet.
 *
 * @see Beyer et al. 2022, https://arxiv.org/abs/2106.05237;
 * https://github.com/google-research/big_vision/blob/main/big_vision/configs/proj/distill/bigsweep_flowers_pet.py
 */
export const PATIENT_RECIPE: Recipe = {
  epochs: 1000,
  batchSize: 512,
  adamW: "torch",
  learningRate: 5e-4,
  learningRatePer: 512,
  schedule: "cosine",
  warmup: { steps: 1500 },
  weightDecay: 0.05,
  decays: "matrices",
  clipNorm: 1,
  labelSmoothing: 0,
  dropPathRate: 0,
  distillation: { kind: "soft", temperature: 5 },
  alpha: 1,
  mixing: { mixupAlpha: 1, cutmixAlpha: 0, probability: 1 },
  images: {
    augmentation: { crop: { scale: [0.05, 1] }, flip: 0.5 },
    centerCrop: { ratio: 0.8 },
  },
  normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

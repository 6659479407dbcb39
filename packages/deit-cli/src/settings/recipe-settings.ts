import {
  DEIT_RECIPE,
  FINETUNE_RECIPE,
  IMAGENET_NORMALISATION,
  type Normalization,
  type Recipe,
  type RecipeImages,
} from "distill-trainer";
import type { Settings } from "./settings.ts";

/** What each kind of augmentation does; the Keras example's is `imageSource`'s own. */
const AUGMENTATIONS: Readonly<Record<Settings["augment"], RecipeImages["augmentation"]>> = {
  keras: undefined,
  deit: DEIT_RECIPE.images.augmentation,
  crop: FINETUNE_RECIPE.images.augmentation,
  none: { crop: { scale: [1, 1] }, flip: 0 },
};

/** What the students' pixels are made of; `unit` needs nothing more than 0…1. `symmetric`, −1…1, is Google's and some of timm's. */
const NORMALISATIONS: Readonly<Record<Settings["normalization"], Normalization | undefined>> = {
  unit: undefined,
  symmetric: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  imagenet: IMAGENET_NORMALISATION,
};

/** The settings that a recipe decides, but for the kind of augmentation. */
export function recipeSettings(recipe: Recipe) {
  const { warmup, distillation, mixing, images } = recipe;
  return {
    epochs: recipe.epochs,
    batchSize: recipe.batchSize,
    learningRate: recipe.learningRate,
    ...(recipe.learningRatePer !== undefined && { learningRatePer: recipe.learningRatePer }),
    schedule: recipe.schedule,
    minLearningRate: recipe.minLearningRate ?? 0,
    warmupEpochs: warmup !== undefined && "epochs" in warmup.length ? warmup.length.epochs : 0,
    ...(warmup?.from !== undefined && { warmupLearningRate: warmup.from }),
    adamW: recipe.adamW,
    weightDecay: recipe.weightDecay,
    layerDecay: recipe.layerDecay ?? 1,
    clipNorm: recipe.clipNorm ?? 0,
    emaDecay: recipe.emaDecay ?? 0,
    labelSmoothing: recipe.labelSmoothing,
    dropPathRate: recipe.dropPathRate,
    distillation: distillation.kind,
    alpha: recipe.alpha,
    mixup: mixing?.mixupAlpha ?? 0,
    cutmix: mixing?.cutmixAlpha ?? 0,
    repeats: images.repeats ?? 1,
    evaluationCrop: images.centerCrop?.ratio ?? 1,
    normalization: recipe.normalization === undefined ? "unit" : "imagenet",
  } as const;
}

/** How the students are trained. */
export function studentRecipe(settings: Settings): Recipe {
  const {
    warmupEpochs,
    warmupLearningRate: from,
    clipNorm,
    mixup,
    cutmix,
    adamW,
    learningRatePer,
  } = settings;
  const normalization = NORMALISATIONS[settings.normalization];
  return {
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    adamW,
    learningRate: settings.learningRate,
    ...(learningRatePer !== undefined && { learningRatePer }),
    schedule: settings.schedule,
    minLearningRate: settings.minLearningRate,
    // With a first rate of its own it is DeiT's warm-up, which covers the cosine's beginning.
    warmup: { length: { epochs: warmupEpochs }, ...(from !== undefined && { from, mode: "replaces" }) },
    weightDecay: settings.weightDecay,
    decays: adamW === "torch" ? "matrices" : "all", // Keras' optimizers know no exceptions unless told
    layerDecay: settings.layerDecay,
    ...(clipNorm > 0 && { clipNorm }),
    labelSmoothing: settings.labelSmoothing,
    dropPathRate: settings.dropPathRate,
    distillation:
      settings.distillation === "hard"
        ? { kind: "hard" }
        : { kind: "soft", temperature: settings.temperature },
    alpha: settings.alpha,
    ...((mixup > 0 || cutmix > 0) && {
      mixing: { ...DEIT_RECIPE.mixing, mixupAlpha: mixup, cutmixAlpha: cutmix },
    }),
    images: studentImages(settings),
    ...(normalization !== undefined && { normalization }),
  };
}

function studentImages({ augment, repeats, evaluationCrop }: Settings): RecipeImages {
  const augmentation = AUGMENTATIONS[augment];
  return {
    ...(augmentation !== undefined && { augmentation }),
    ...(repeats > 1 && { repeats }),
    ...(evaluationCrop < 1 && { centerCrop: { ratio: evaluationCrop } }),
  };
}

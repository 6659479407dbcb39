import { FINETUNE_RECIPE, IMAGENET_NORMALIZATION, type Recipe } from "distill-trainer";
import type { Settings } from "../../session/types.ts";

/** Largest and smallest batch; between them an epoch has 24 steps, so that a few pictures teach too. */
const [LARGEST, SMALLEST] = [32, 4];
const STEPS_OF_EPOCH = 24;

/** Samples of a step. */
export function batchSizeFor(pictures: number): number {
  return Math.max(SMALLEST, Math.min(LARGEST, Math.floor(pictures / STEPS_OF_EPOCH)));
}

/** How a student is trained: as the command line's presets `demo` and `quick`, on batches of few pictures if there are few. */
export function recipeOf({ start, teaching, epochs }: Settings, pictures: number): Recipe {
  const taught = {
    distillation: { kind: "hard" },
    alpha: teaching === "answers" ? 0.5 : 0,
    ...(teaching === "features" && { hints: {} }),
  } as const satisfies Partial<Recipe>;
  const batchSize = batchSizeFor(pictures);
  if (start === "published") {
    const { mixing: _, images: __, ...fineTune } = FINETUNE_RECIPE;
    const warmup = { epochs: 1 };
    return { ...fineTune, ...taught, images: {}, epochs, batchSize, learningRate: 2e-4, warmup };
  }
  return {
    ...{ epochs, batchSize, adamW: "torch", learningRate: 1e-3, schedule: "cosine", warmup: { epochs: 1 } },
    ...{ weightDecay: 0.05, decays: "matrices", labelSmoothing: 0.1, dropPathRate: 0.05, images: {} },
    ...taught,
  };
}

/** What the student's pixels go through, for other programs too. */
export function normalizationOf({ start }: Settings): { readonly mean: number[]; readonly std: number[] } {
  if (start === "nothing") return { mean: [0, 0, 0], std: [1, 1, 1] };
  return { mean: [...IMAGENET_NORMALIZATION.mean], std: [...IMAGENET_NORMALIZATION.std] };
}

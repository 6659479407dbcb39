import type * as tfl from "@tensorflow/tfjs-layers";
import { bit, bitSizes } from "bit-teacher";
import { config, deit, vit } from "deit-model";
import { normalize, type Preprocess, toSymmetricRange, toUnitRange } from "distill-trainer";
import type { Role, Settings } from "../../session/types.ts";
import { normalizationOf } from "./recipe.ts";

/** Most patches a side of a student from nothing, and their least size: larger pictures do not take longer. */
const [PATCHES, PATCH_SIZE] = [8, 8];

/** The small student: that of the command line's demo, one block deeper. */
const SMALL = { dim: 96, depth: 4, heads: 3, mlpRatio: 4, init: "timm" } as const;

/** A model that is not trained yet. Answers of a teacher are learned by a token of their own. */
export function buildModel(role: Role, settings: Settings, classes: number): tfl.LayersModel {
  const { imageSize, seed, start, teaching } = settings;
  if (role === "teacher") return bit({ ...bitSizes.tiny, imageSize, classes, seed });
  const build = teaching === "answers" ? deit : vit;
  if (start === "published")
    return build({ ...config.deitTiny, imageSize, classes, seed, init: "timm", dropPathRate: 0.1 });
  const patchSize = Math.max(PATCH_SIZE, imageSize / PATCHES);
  return build({ ...SMALL, imageSize, patchSize, classes, seed, dropPathRate: 0.05 });
}

/** Pixels in 0…255 to a model's input. */
export function preprocessOf(role: Role, settings: Settings): Preprocess {
  if (role === "teacher") return toSymmetricRange;
  return settings.start === "nothing" ? toUnitRange : normalize(normalizationOf(settings));
}

import {
  type Augmentation,
  type CenterCropOptions,
  defaultMargin,
  type PictureSize,
  sidesOf,
  type View,
} from "vision-augment";
import type { BatchSettings } from "./batch-options.ts";

/** Raised when the same settings give other pixels. */
const VERSION = "flowers-data views 1";

/** What all views of a source share. */
export interface ViewPlan {
  /** The student's size, then the teacher's if it has its own, pixels; of a square one number. */
  readonly sizes: readonly PictureSize[];
  readonly antialias: boolean;
  /** Margins of each size; absent for evaluation. */
  readonly margins?: readonly PictureSize[];
  /** Augmentation of training views in place of the margins. */
  readonly augmentation?: Augmentation;
  /** Center crop of evaluation views in place of the whole picture. */
  readonly centerCrop?: CenterCropOptions;
}

/** Returns the plan of a source's views. */
export function viewPlan(settings: BatchSettings): ViewPlan {
  const { imageSize, teacherImageSize, margin, training, antialias, augmentation, centerCrop } = settings;
  const sides = sidesOf(imageSize);
  const own = sides.map((side) => margin ?? defaultMargin(side));
  const sizes = [imageSize, ...(teacherImageSize === undefined ? [] : [teacherImageSize])].map(plain);
  const margins = sizes.map((size) => {
    const [above, beside] = sidesOf(size).map((side, i) => Math.round((own[i]! * side) / sides[i]!));
    return plain([above!, beside!]);
  });
  const plan = { sizes, antialias };
  if (training) return { ...plan, ...(augmentation === undefined ? { margins } : { augmentation }) };
  return { ...plan, ...(centerCrop !== undefined && { centerCrop }) };
}

/** One number where both are equal: the form that stored logits were made with. */
function plain(size: PictureSize): PictureSize {
  const [height, width] = sidesOf(size);
  return height === width ? height : [height, width];
}

/** The view at one of the plan's sizes, drawn from a key. */
export function viewAt(plan: ViewPlan, which: number, key: number): View {
  const { margins, antialias, augmentation, centerCrop } = plan;
  const size = plan.sizes[which]!;
  if (augmentation !== undefined) return { kind: "augmented", size, key, augmentation };
  if (centerCrop !== undefined) return { kind: "center", size, ...centerCrop };
  if (margins === undefined) return { kind: "evaluation", size, antialias };
  return { kind: "training", size, key, margin: margins[which]!, antialias };
}

/**
 * All that decides a view's pixels besides its key, as text.
 *
 * @param samples - Encoding of the samples, and the hash of their bytes.
 */
export function viewSettingsText(
  plan: ViewPlan,
  samples: { readonly encoding: object; readonly samples: string },
): string {
  return JSON.stringify({ version: VERSION, ...plan, ...samples });
}

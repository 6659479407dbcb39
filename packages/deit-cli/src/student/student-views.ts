import { type PictureSize, sidesOf } from "vision-augment";
import type { Settings } from "../settings/settings.ts";
import type { TrainingViews } from "../training/image-sources.ts";

/** Views of the students' training pictures; a teacher of another image size gets the same views at its size. */
export function studentViews(
  { model, data, recipe }: Settings,
  teacherImageSize: PictureSize,
): TrainingViews {
  const { centerCrop: _, ...images } = recipe.images;
  const { imageSize } = model;
  return {
    imageSize,
    ...(sidesOf(teacherImageSize).join() !== sidesOf(imageSize).join() && { teacherImageSize }),
    ...images,
    ...(data.viewEpochs !== undefined && { viewEpochs: data.viewEpochs }),
  };
}

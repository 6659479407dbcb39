import { studentRecipe } from "../settings/recipe-settings.ts";
import type { Settings } from "../settings/settings.ts";
import type { TrainingViews } from "./image-sources.ts";

/** How the students see training pictures, and a teacher of another size beside them. */
export function studentViews(settings: Settings, teacherImageSize: number): TrainingViews {
  const { imageSize, viewEpochs } = settings;
  const { centerCrop: _, ...images } = studentRecipe(settings).images;
  return {
    imageSize,
    ...(teacherImageSize !== imageSize && { teacherImageSize }),
    ...images,
    ...(viewEpochs !== undefined && { viewEpochs }),
  };
}

import type { VitConfig } from "deit-model";
import type { Settings } from "./settings.ts";

/** Model config of the settings' student, for a number of classes. */
export function studentConfig(settings: Settings, classes: number): VitConfig {
  const { imageSize, patchSize, dim, depth, heads, headDim, mlpRatio, dropPathRate } = settings;
  const { seed, init } = settings;
  const size = { imageSize, patchSize, dim, depth, heads, ...(headDim !== undefined && { headDim }) };
  return { ...size, mlpRatio, dropPathRate, classes, seed, init };
}

import type { VitConfig } from "deit-model";
import type { Settings } from "./settings.ts";

/** Model config of the settings' students, for a number of classes. */
export function studentConfig({ run, model, recipe }: Settings, classes: number): VitConfig {
  const { weights: _, selectFrom: __, mimetic: ___, ...config } = model;
  return { ...config, dropPathRate: recipe.dropPathRate, classes, seed: run.seed };
}

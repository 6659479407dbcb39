import type { StageName } from "../stage-name.ts";
import type { Settings } from "./settings.ts";

/**
 * Settings of one of a run's trainings. Where the student is taught in two ways, each has its part of the recipe: "by answers" without
 * hints, "by features" without a distillation token (`alpha` 0).
 */
export function stageSettings(settings: Settings, stage: StageName): Settings {
  const { hints, ...answers } = settings.recipe;
  if (stage === "student-answers") return { ...settings, recipe: answers };
  if (stage === "student-features")
    return { ...settings, recipe: { ...answers, hints: hints ?? {}, alpha: 0 } };
  return settings;
}

import { type OptionName, optionOf } from "../options/option-table.ts";

/** Headings of the help, in their order, and the places in the settings below each. The longest place that fits decides. */
const GROUPS = {
  Data: ["data"],
  Students: ["run.students", "model"],
  Teacher: [
    ...["run.teacher", "run.teacherPixels", "run.teacherOutputs", "run.teacherEpochs"],
    ...["run.teacherLearningRate", "run.storeLogits", "run.crossFit", "data.viewEpochs"],
    ...["recipe.distillation", "recipe.alpha", "recipe.hints"],
  ],
  Training: ["recipe"],
  Augmentation: ["recipe.images", "recipe.mixing", "recipe.normalization"],
  Run: ["run", "use.config"],
  Machine: [
    "run.backend",
    "run.precision",
    "run.replicas",
    "run.microBatchSize",
    "run.compression",
    "data.workers",
    "data.cache",
    "data.maxPixels",
  ],
  Model: ["use.model", "use.pixels", "use.outputs", "use.tta", "use.layer"],
  Output: ["use"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type OptionGroup = keyof typeof GROUPS;

/** All headings, in their order. */
export const OPTION_GROUPS = Object.keys(GROUPS) as OptionGroup[];

/** The heading below which the help lists an option: a new option finds its own by its place in the settings. */
export function groupOf(name: OptionName): OptionGroup {
  const { path } = optionOf(name);
  const fits = (place: string): boolean => `${path}.`.startsWith(`${place}.`);
  const lengths = OPTION_GROUPS.map((group) =>
    Math.max(0, ...GROUPS[group].filter(fits).map((place) => place.length)),
  );
  return OPTION_GROUPS[lengths.indexOf(Math.max(...lengths))]!;
}

import type { OptionName } from "../options/option-help.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { resolveSettings, resumeSettings } from "../settings/resolve-settings.ts";
import { SETTING_NAMES, type Settings } from "../settings/settings.ts";
import { run } from "../train/run.ts";
import type { Command } from "./command.ts";

/** The settings that a command's options mean: of a run that is gone on with, or of a new one. */
export function trainSettings(options: Readonly<Record<string, unknown>>): Settings {
  const { resume } = options;
  return resume === undefined
    ? resolveSettings(options)
    : resumeSettings(savedSettings(String(resume)), options);
}

export const TRAIN_OPTIONS: readonly OptionName[] = [...SETTING_NAMES, "config"];

export const train: Command = {
  name: "train",
  what: "Train a teacher, a student alone and the same student distilled, and write a report",
  options: TRAIN_OPTIONS,
  examples: [
    "",
    "train --data flower_photos.tgz --teacher mobilenet_v2 --epochs 20",
    "train --students distilled --teacher runs/demo/teacher",
    "train --config runs/demo/settings.json --name again --seed 1",
    "train --resume runs/demo",
  ],
  run: ({ options, output, signal }) => run(trainSettings(options), output, signal),
};

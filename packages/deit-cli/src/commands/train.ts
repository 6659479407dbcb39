import { join } from "node:path";
import type { Edits } from "../options/edits.ts";
import { OPTION_NAMES, type OptionName, optionOf } from "../options/option-table.ts";
import { openPage } from "../process/open-page.ts";
import { requireRanks } from "../ranks/require-ranks.ts";
import { REPORT } from "../report/write-report.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { requireDrawn } from "../settings/require-drawn.ts";
import { requirePaths } from "../settings/require-paths.ts";
import { resolveSettings, resumeSettings } from "../settings/resolve-settings.ts";
import { isSeries } from "../settings/series.ts";
import type { Settings } from "../settings/settings.ts";
import { run } from "../train/run.ts";
import { runSeries } from "../train/series.ts";
import type { Command } from "./command.ts";

/** Settings of a command that trains: those of the run that is resumed, or of a new one. */
export function trainSettings(edits: Edits): Settings {
  const resumed = edits["run.resume"];
  if (resumed === undefined || resumed === null) return resolveSettings(edits);
  const saved = savedSettings(String(resumed));
  requireDrawn(edits, saved);
  return resumeSettings(saved, edits);
}

/** Options of the commands that train: all settings. */
export const TRAIN_OPTIONS: readonly OptionName[] = [
  ...OPTION_NAMES.filter((name) => !optionOf(name).path.startsWith("use.")),
  "config",
];
export const SETTING_GROUPS = ["run", "data", "model", "recipe"] as const;

export const train: Command = {
  name: "train",
  what: "Train a teacher, a student alone and the same student distilled, and write a report",
  options: [...TRAIN_OPTIONS, "open"],
  settings: SETTING_GROUPS,
  examples: [
    "",
    "train --data flower_photos.tgz --teacher mobilenet_v2 --epochs 20",
    "train --students distilled --teacher runs/demo/teacher",
    "train --config runs/demo/settings.json --name again --seed 1",
    "train --seeds 3 --name three",
    "train --data photos/ --folds 5",
    "train --resume runs/demo",
  ],
  notes: [
    "On several cores or hosts: mpirun -n 4 node_modules/.bin/deit-cli train … (README, Several machines)",
  ],
  trainsOnRanks: true,
  run: async ({ edits, use, output, signal, ranks }) => {
    const settings = trainSettings(edits);
    requirePaths(settings);
    requireRanks(settings, ranks);
    const { resume, out, name } = settings.run;
    if (isSeries(settings)) await runSeries(settings, output, signal, ranks);
    else await run(settings, output, signal, undefined, ranks);
    if (use.open) await openPage(join(resume ?? join(out, name), REPORT), output);
  },
};

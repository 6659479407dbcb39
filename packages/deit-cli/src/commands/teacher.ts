import { join, resolve } from "node:path";
import { UsageError } from "../process/usage-error.ts";
import { requireRanks } from "../ranks/require-ranks.ts";
import { resumeCommand } from "../runs/resumed-epochs.ts";
import { requirePaths } from "../settings/require-paths.ts";
import { isSeries } from "../settings/series.ts";
import { studentViews } from "../student/student-views.ts";
import { makeTeacher } from "../teacher/make-teacher.ts";
import { withStoredLogits } from "../teacher/stored-logits.ts";
import { percent } from "../terminal/format.ts";
import { withinRun } from "../train/within-run.ts";
import { withTrainingImages } from "../training/image-sources.ts";
import type { Command } from "./command.ts";
import { SETTING_GROUPS, TRAIN_OPTIONS, trainSettings } from "./train.ts";

/** First part of a run; `train --resume` trains the students. */
export const teacher: Command = {
  name: "teacher",
  what: "Make the teacher only, and store its logits (--store-logits); 'train --resume' trains the students",
  options: TRAIN_OPTIONS,
  settings: SETTING_GROUPS,
  examples: [
    "teacher --name flowers",
    "teacher --name photos --download --teacher mobilenet_v2 --hints off --alpha 0.5 --view-epochs 1 --store-logits logits",
    "teacher --resume runs/photos",
    "train --resume runs/photos",
  ],
  trainsOnRanks: true,
  run: ({ edits, output, signal, ranks }) => {
    const settings = trainSettings(edits);
    requirePaths(settings);
    requireRanks(settings, ranks);
    if (isSeries(settings))
      throw new UsageError(
        "--seeds, --folds: expected one run, as a teacher is made in each run of a series",
      );
    return withinRun(
      { settings, output, signal, ranks, command: "teacher" },
      async ({ context, backbone }) => {
        const ready = await makeTeacher(context, backbone);
        if (settings.run.storeLogits !== undefined) {
          await withTrainingImages(context, studentViews(settings, ready.imageSize), (source) =>
            withStoredLogits(context, ready, source, async () => {}),
          );
        }
        const { folder } = context;
        output.write(`teacher: ${percent(ready.result.valAccuracy)} of the held-out pictures right\n`);
        output.write(`saved: ${resolve(join(folder, "teacher"))}\n`);
        output.write(`to train its students: ${resumeCommand("train", folder, settings, ranks)}\n`);
      },
    );
  },
};

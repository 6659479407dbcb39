import { join, resolve } from "node:path";
import { resumeCommand } from "../runs/resumed-epochs.ts";
import { makeTeacher } from "../teacher/make-teacher.ts";
import { withStoredLogits } from "../teacher/stored-logits.ts";
import { percent } from "../terminal/format.ts";
import { withinRun } from "../train/within-run.ts";
import { withTrainingImages } from "../training/image-sources.ts";
import { studentViews } from "../training/student-views.ts";
import type { Command } from "./command.ts";
import { TRAIN_OPTIONS, trainSettings } from "./train.ts";

/** The first part of a run: its students are trained by `train --resume`. */
export const teacher: Command = {
  name: "teacher",
  what: "Only make the teacher, and store its logits if asked; 'train --resume' goes on with the students",
  options: TRAIN_OPTIONS,
  examples: [
    "teacher --name flowers",
    "teacher --name photos --download --teacher mobilenet_v2 --view-epochs 1 --store-logits logits",
    "teacher --resume runs/photos",
    "train --resume runs/photos",
  ],
  run: ({ options, output, signal }) => {
    const settings = trainSettings(options);
    return withinRun({ settings, output, signal, command: "teacher" }, async ({ context, backbone }) => {
      const ready = await makeTeacher(context, backbone);
      if (settings.storeLogits !== undefined) {
        await withTrainingImages(context, studentViews(settings, ready.imageSize), (source) =>
          withStoredLogits(context, ready, source, async () => {}),
        );
      }
      const { folder } = context;
      output.write(`teacher: ${percent(ready.result.valAccuracy)} of the held-out pictures right\n`);
      output.write(`saved: ${resolve(join(folder, "teacher"))}\n`);
      output.write(`its students: ${resumeCommand("train", folder, settings)}\n`);
    });
  },
};

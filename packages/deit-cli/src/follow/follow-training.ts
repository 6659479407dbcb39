import { join } from "node:path";
import { receiveFiles } from "../ranks/files.ts";
import type { Teaching } from "../ranks/messages.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { onLabeled, type RunContext } from "../runs/context.ts";
import type { FoldStage, StageName, StudentStage } from "../stage-name.ts";
import { fitStudent } from "../student/fit-student.ts";
import { labelData } from "../student/student-task.ts";
import { buildTask, studentOf } from "../student/student-work.ts";
import { contextOfFold } from "../teacher/cross-fit.ts";
import { savedTeacher } from "../teacher/saved-teacher.ts";
import { LOGITS } from "../teacher/stored-logits.ts";
import { fitBitTeacher } from "../teacher/train-bit-teacher.ts";

/** Takes part in the training of a stage. The trained model is rank 0's to save. */
export async function followTraining(context: RunContext, stage: StageName | FoldStage): Promise<void> {
  if (isStudent(stage)) await followStudent(context, stage);
  else {
    const own = stage === "teacher" ? onLabeled(context) : contextOfFold(context, stage);
    const { model } = await fitBitTeacher(own, stage, stage);
    model.dispose();
  }
}

function isStudent(stage: StageName | FoldStage): stage is StudentStage {
  return stage.startsWith("student");
}

async function followStudent(run: RunContext, stage: StudentStage): Promise<void> {
  const { folder, ranks } = run;
  const storeLogits = run.settings.run.storeLogits && join(folder, LOGITS);
  const settings = { ...run.settings, run: { ...run.settings.run, ...(storeLogits && { storeLogits }) } };
  const context = { ...(stage === "student-alone" ? onLabeled(run) : run), settings };
  const { classNames } = run.data;
  const student = studentOf(stage, settings, classNames);
  const teacher = stage === "student-alone" ? undefined : await savedTeacher(folder, classNames);
  const work = { stage, settings, folder, classNames, labels: labelData(context.data) };
  try {
    const imageSize = teacher?.imageSize ?? settings.model.imageSize;
    await fitStudent(stage, context, student, imageSize, async (_, fit) => {
      const teaching = await hearTeaching(ranks!, context);
      const { logits, hints } = teaching;
      const built = buildTask({ ...work, logits, hints }, student, teacher);
      return fit(built.task, built.hints, teaching).finally(() => built.hints?.dispose());
    });
  } finally {
    teacher?.classifier.dispose();
    student.dispose();
  }
}

/** Hears what the student is taught by. The training of cross-fit teachers, and files of answers, may come before. */
async function hearTeaching(ranks: RunRanks, context: RunContext): Promise<Teaching> {
  for (;;) {
    const message = await ranks.hear();
    if (message.kind === "teach") return message.teaching;
    if (message.kind === "train") await followTraining(context, message.stage);
    else if (message.kind === "files") await receiveFiles(ranks, message.files, context.folder);
    else throw new Error(`expected rank 0 to say 'teach', got '${message.kind}'`);
  }
}

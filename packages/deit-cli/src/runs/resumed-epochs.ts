import type { Settings } from "../settings/settings.ts";
import { UsageError } from "../process/usage-error.ts";
import { savedSettings, writeSettings } from "./saved-settings.ts";
import { shortPath } from "../files/short-path.ts";
import { finishedStage, stagesOf } from "./stages.ts";

/** Commands that go on with a run. */
export type ResumeCommand = "train" | "teacher";

/**
 * Refuses more epochs for a run of which a student is trained already: the other would be trained for longer, and they would not be
 * comparable. Whether a training under way can be longer is for the trainer to say.
 *
 * @throws UsageError naming the student.
 */
export async function requireSameEpochs(folder: string, { epochs, students }: Settings): Promise<void> {
  for (const [stage, name] of stagesOf({ students })) {
    if (stage === "teacher") continue;
    const trained = (await finishedStage(folder, stage))?.result.history.loss?.length;
    if (trained === undefined || trained === epochs) continue;
    throw new UsageError(
      `--epochs: expected ${trained}, for which the ${name} of '${folder}' is trained already, got ${epochs}`,
    );
  }
}

/** Keeps in a run's settings for how many epochs its students are trained: once the trainer goes on with them. */
export async function keepEpochs(folder: string, { epochs }: Settings): Promise<void> {
  const saved = savedSettings(folder);
  if (saved.epochs !== epochs) await writeSettings(folder, { ...saved, epochs });
}

/** What is to be typed to go on with a run as it was started or resumed last. */
export function resumeCommand(command: ResumeCommand, folder: string, { epochs }: Settings): string {
  const longer = savedSettings(folder).epochs === epochs ? "" : ` --epochs ${epochs}`;
  return `npx pnpm@12 start ${command === "train" ? "" : `${command} `}--resume ${shortPath(folder)}${longer}`;
}

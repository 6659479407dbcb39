import { shortPath } from "../files/short-path.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { launcherWords } from "../ranks/words.ts";
import { resolveSettings } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { savedSettings, writeSettings } from "./saved-settings.ts";
import { finishedStage, stagesOf } from "./stages.ts";

/** Commands that resume a run. */
export type ResumeCommand = "train" | "teacher";

const EPOCHS = "recipe.epochs";

/**
 * Refuses more epochs for a run of which a student is trained already: the other would be trained for longer, and the two would
 * not be comparable. Whether a training that has begun can be longer is the trainer's to say.
 *
 * @throws UsageError naming the student.
 */
export async function requireSameEpochs(folder: string, { run, recipe }: Settings): Promise<void> {
  for (const [stage, name] of stagesOf(run)) {
    if (stage === "teacher") continue;
    const trained = (await finishedStage(folder, stage))?.result.history.loss?.length;
    if (trained === undefined) continue;
    const planned = run.patience === undefined ? trained : savedSettings(folder)[EPOCHS]; // stopped early perhaps
    if (planned === recipe.epochs) continue;
    throw new UsageError(
      `--epochs: expected ${planned}, as the ${name} of '${folder}' is trained for, got ${recipe.epochs}`,
    );
  }
}

/** Keeps the students' epochs in a run's settings, once the trainer has accepted them. */
export async function keepEpochs(folder: string, { recipe }: Settings): Promise<void> {
  const saved = savedSettings(folder);
  if (saved[EPOCHS] === recipe.epochs) return;
  await writeSettings(folder, resolveSettings({ ...saved, [EPOCHS]: recipe.epochs }));
}

/** The command line that resumes a run as it was started or resumed last, on as many ranks. */
export function resumeCommand(
  command: ResumeCommand,
  folder: string,
  { recipe }: Settings,
  ranks?: RunRanks,
): string {
  const longer = savedSettings(folder)[EPOCHS] === recipe.epochs ? "" : ` --epochs ${recipe.epochs}`;
  // Not by npx: it ends at mpirun's SIGTERM, whereupon mpirun kills the program, which would save.
  const program =
    ranks === undefined
      ? "npx pnpm@12 start"
      : `${launcherWords(ranks.communicator)} node_modules/.bin/deit-cli`;
  return `${program} ${command === "train" ? "" : `${command} `}--resume ${shortPath(folder)}${longer}`;
}

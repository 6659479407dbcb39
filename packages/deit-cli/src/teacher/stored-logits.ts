import { storedTeacher, storeTeacherLogits, type Teacher } from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import type { ImageSource } from "image-source/node";
import { sendFiles } from "../ranks/files.ts";
import type { RunContext } from "../runs/context.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { liveLine } from "../terminal/live-line.ts";
import { withCrossFit } from "./cross-fit.ts";
import type { ReadyTeacher } from "./teacher.ts";

/** Folder of the logits in that of another rank. */
export const LOGITS = "logits";

/**
 * Runs `use` with the teacher; with `crossFit`, with k teachers instead, see {@link withCrossFit}; with `storeLogits`, with a teacher
 * whose logits of all views come from a store. Missing logits are computed first.
 */
export async function withStoredLogits<T>(
  context: RunContext,
  { teacher, classifier, notes }: ReadyTeacher,
  source: ImageSource,
  use: (teacher: Teacher, header?: LogitStoreOptions) => Promise<T>,
): Promise<T> {
  const { settings, output, signal, data, ranks } = context;
  const { run, recipe } = settings;
  const { storeLogits: folder, crossFit } = run;
  if (crossFit !== undefined) return withCrossFit(context, source, use);
  if (folder === undefined) return use(teacher);
  const { outputs } = { ...classifier.notes, ...notes };
  const header = {
    classes: teacher.classes,
    classNames: data.classNames,
    teacher: `${await classifier.digest()}, ${classifier.input.words}, ${outputs ?? "outputs as they look"}`,
    views: source.viewSettings,
  };
  const store = logitStore(folder, {
    ...header,
    onEvent: ({ name, reason }) => output.write(`${name}: ${reason}\n`),
  });
  try {
    const line = liveLine(output);
    const text = (done: number, total: number): string => `teacher  logits of views  ${done}/${total}`;
    const { done, total } = await storeTeacherLogits(teacher, source, store, {
      epochs: Math.min(settings.data.viewEpochs ?? 1, recipe.epochs),
      microBatchSize: microBatchSizeOf(run),
      onProgress: (progress) => line.update(() => text(progress.done, progress.total)),
      ...(signal && { signal }),
    });
    line.finish(text(done, total));
    if (ranks) await sendFiles(ranks, folder, ["."], LOGITS);
    return await use(storedTeacher(teacher, store), header);
  } finally {
    store.close();
  }
}

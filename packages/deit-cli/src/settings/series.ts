import type { Settings } from "./settings.ts";

/** One run of a series. */
export interface Member {
  /** Name of its folder in the series'. */
  readonly name: string;
  readonly settings: Settings;
}

/** Whether settings are those of several runs: of some seeds, of the folds of a cross-validation, or of both. */
export function isSeries({ run, data }: Settings): boolean {
  return run.seeds !== undefined || (data.folds !== undefined && data.fold === undefined);
}

/**
 * Runs of a series in their order. A seed changes all random numbers of the training, those of the teacher included, and the folds. The
 * pictures, drawn ones too, are the same for all.
 *
 * @param folder - The series'.
 */
export function membersOf(settings: Settings, folder: string): Member[] {
  const { seeds, resume: _, ...run } = settings.run;
  const { folds } = settings.data;
  const parts = folds === undefined ? [undefined] : Array.from({ length: folds }, (_, i) => i + 1);
  return (seeds ?? [run.seed]).flatMap((seed) =>
    parts.map((fold): Member => {
      const words = [...(seeds ? [`seed-${seed}`] : []), ...(fold ? [`fold-${fold}`] : [])];
      const name = words.join("-");
      const data = { ...settings.data, seed: settings.data.seed ?? run.seed, ...(fold && { fold }) };
      if (data.count === undefined) delete (data as { seed?: number }).seed;
      return { name, settings: { ...settings, run: { ...run, seed, name, out: folder }, data } };
    }),
  );
}

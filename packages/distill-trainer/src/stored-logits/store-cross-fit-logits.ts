import { FUNCTION, LIST, requireArguments, requireOptions } from "known-options";
import type { Batch } from "sample-keys";
import { type DataSource, pickRows, requireSource } from "train-loop";
import { TEACHER, type Teacher } from "../teachers/teacher.ts";
import type { LogitStore } from "./logit-store.ts";
import {
  STORE_CHECKS,
  type StoreProgress,
  type StoreTeacherLogitsOptions,
  storeBatch,
  storeEach,
} from "./store-teacher-logits.ts";
import { storedTeacher } from "./stored-teacher.ts";

/** Options of {@link storeCrossFitLogits}. */
export interface StoreCrossFitLogitsOptions extends StoreTeacherLogitsOptions {
  /** Returns for each row of a batch of the source the fold of its sample: the index of the teacher that was trained without it. */
  foldOf(batch: Batch): ArrayLike<number>;
}

/**
 * Stores the answers of k teachers, each trained without one fold, on the samples of that fold (cross-fitting): soft labels that no
 * teacher gives to a sample whose label it has seen. {@link storedAnswers} reads them.
 *
 * Given the folds, a sample's own label does not change its soft label. An interrupted call can be repeated: stored logits are not
 * computed again. Several programs divide the work as in {@link storeTeacherLogits}. Views must repeat (`viewEpochs` of `image-source`). Mixed rows (`mixedSource`) belong to the folds of two samples and are
 * refused: batches with `targets`, or with a labeled share between 0 and 1.
 *
 * @param teachers - Teacher of each fold, all of the same classes.
 * @param store - Store of these teachers, folds and views alone.
 * @returns The final progress.
 * @throws TypeError for an unknown option, or an argument of the wrong type. RangeError for fewer than two teachers, other numbers of
 * classes, a fold that has no teacher, or mixed rows; nothing of their batch is asked or stored. Otherwise as {@link storeTeacherLogits}.
 * @see Dao et al. 2021, Knowledge Distillation as Semiparametric Inference, https://arxiv.org/abs/2104.09732
 *
 * @example
 * ```ts norun
 * import type { ImageBatch } from "image-source";
 * import { stratifiedFolds } from "image-source/node";
 *
 * const teachers = [teacher, teacher]; // each trained without its fold
 * const logits = logitStore("logits", { classes: 5, teacher: "digests of both", views: source.viewSettings });
 * const folds = stratifiedFolds(store.keys, store.labels, { folds: 2, seed: 42 });
 * const foldOfSample = new Int32Array(store.size);
 * for (const [fold, { validation }] of folds.entries()) for (const i of validation) foldOfSample[i] = fold;
 * await storeCrossFitLogits(teachers, source, logits, {
 *   epochs: 1,
 *   foldOf: ({ indices }: ImageBatch) => indices.map((i) => foldOfSample[i]!),
 * });
 * const task = logitDistillation({ student, teacher: storedAnswers(logits), alpha: 1 });
 * ```
 */
export async function storeCrossFitLogits(
  teachers: readonly Teacher[],
  source: DataSource,
  store: LogitStore,
  options: StoreCrossFitLogitsOptions,
): Promise<StoreProgress> {
  requireOptions("storeCrossFitLogits", options, { ...STORE_CHECKS, foldOf: FUNCTION });
  requireArguments("storeCrossFitLogits", { teachers }, { teachers: LIST });
  requireSource("storeCrossFitLogits", source);
  if (teachers.length < 2 || !teachers.every((teacher) => TEACHER.fits(teacher))) {
    throw new RangeError(
      `storeCrossFitLogits: teachers must be at least two Teachers { classes, logits }, got ${teachers.length} values`,
    );
  }
  const stored = teachers.map((teacher) => storedTeacher(teacher, store));
  const { classes } = store;
  const { microBatchSize = 16 } = options;
  return storeEach("storeCrossFitLogits", source, classes, options, async ({ batch, own }) => {
    if (own.length === 0) return 0;
    requireUnmixed(batch);
    const folds = foldsOf(batch, options, teachers.length);
    let computed = 0;
    for (const [fold, teacher] of stored.entries()) {
      const rows = own.filter((row) => folds[row] === fold);
      if (rows.length > 0)
        computed += await storeBatch(teacher, pickRows(batch, rows), store, microBatchSize);
    }
    return computed;
  });
}

/**
 * Returns a teacher that has no model: its answers are those of a store, such as {@link storeCrossFitLogits} has written.
 *
 * @throws TypeError for what is not a store. `logits` throws an Error if the data has no `viewKeys` or the store lacks a row.
 *
 * @example
 * ```ts norun
 * const logits = logitStore("logits", { classes: 5, teacher: "a digest", views: source.viewSettings });
 * const task = logitDistillation({ student, teacher: storedAnswers(logits), alpha: 1 });
 * ```
 */
export function storedAnswers(store: LogitStore): Teacher {
  const nobody: Teacher = {
    classes: store?.classes,
    logits: () => {
      throw new Error(
        "storedAnswers: the store must have an answer for each view, got a view that is not in it",
      );
    },
  };
  return storedTeacher(nobody, store);
}

/** A mixed row holds a sample of another fold, whose teacher would be asked about a sample that it has learned from. */
function requireUnmixed({ targets, labelWeights }: Batch): void {
  const share = labelWeights?.find((weight) => weight > 0 && weight < 1);
  if (targets === undefined && share === undefined) return;
  const got = targets === undefined ? `a labelWeight of ${share}` : "targets";
  throw new RangeError(
    `storeCrossFitLogits: the source's rows must be of one sample each, without targets, got a batch with ${got}, as mixedSource makes them`,
  );
}

function foldsOf(batch: Batch, options: StoreCrossFitLogitsOptions, teachers: number): number[] {
  const folds = Array.from(options.foldOf(batch));
  const rows = batch.labels.length;
  if (folds.length !== rows) {
    throw new RangeError(`storeCrossFitLogits: foldOf must return ${rows} folds, got ${folds.length}`);
  }
  const wrong = folds.find((fold) => !(Number.isInteger(fold) && fold >= 0 && fold < teachers));
  if (wrong !== undefined) {
    throw new RangeError(`storeCrossFitLogits: foldOf must return folds in [0, ${teachers}), got ${wrong}`);
  }
  return folds;
}

import { splitFlowers } from "flowers-data/node";
import type { SampleStore } from "image-source";
import { stratifiedFolds } from "image-source/node";
import { UsageError } from "../../process/usage-error.ts";
import type { Settings } from "../../settings/settings.ts";
import type { OpenedStore } from "./open-store.ts";

interface SplitData {
  readonly train: SampleStore;
  readonly validation: SampleStore;
  /** Number of the first of these that are judged after each epoch. */
  readonly judgedByEpoch: number;
}

/**
 * Training and held-out pictures: those of `--val-data` or of the data's own split, or a share of each class; then, of the training
 * pictures, the fold of a cross-validation.
 *
 * @param valData - Pictures of `--val-data`.
 * @throws UsageError if a class has too few pictures for the folds, or the data has held-out pictures beside `--val-data` or `--val-split`.
 */
export function splitData(
  opened: OpenedStore,
  valData: SampleStore | undefined,
  settings: Settings,
): SplitData {
  const { run, data } = settings;
  const { train, validation, judgedByEpoch } = heldOutPart(opened, valData, settings);
  const { folds, fold } = data;
  if (folds === undefined || fold === undefined) return { train, validation, judgedByEpoch };
  const { train: kept, validation: heldOut } = foldOf(train, { folds, fold, seed: run.seed });
  return { train: train.subset(kept), validation: train.subset(heldOut), judgedByEpoch: heldOut.length };
}

function heldOutPart(
  { train: own, validation, further }: OpenedStore,
  valData: SampleStore | undefined,
  { data: { valSplit } }: Settings,
): SplitData {
  const given = valData ?? validation;
  if (validation !== undefined && (valData !== undefined || valSplit !== undefined)) {
    const option = valSplit === undefined ? "--val-data" : "--val-split";
    throw new UsageError(
      `${option}: expected data without held-out pictures of its own, got ${validation.size} of them`,
    );
  }
  if (given !== undefined) return { train: own, validation: given, judgedByEpoch: given.size };
  const first = own.size - further;
  const whole = further === 0 ? own : own.subset(Array.from({ length: first }, (_, i) => i));
  const split = splitWhole(whole, valSplit);
  const judgedByEpoch = split.validation.size;
  if (further === 0) return { ...split, judgedByEpoch };
  // The last `further` pictures are held out beside those of the split of the others.
  const places = new Map(own.keys.map((key, i) => [key, i]));
  const beside = Array.from({ length: further }, (_, i) => first + i);
  const all = own.subset([...split.validation.keys.map((key) => places.get(key)!), ...beside]);
  return { train: split.train, validation: all, judgedByEpoch };
}

/** @throws UsageError naming the option for a share that is too small or too large. */
function splitWhole(
  store: SampleStore,
  heldOut: number | undefined,
): { train: SampleStore; validation: SampleStore } {
  if (heldOut === undefined) return splitFlowers(store);
  try {
    return splitFlowers(store, { heldOut });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--val-split: ${error.message}`);
  }
}

/** @throws UsageError if a class has too few pictures for the folds, or pictures have several labels. */
function foldOf(
  { keys, labels, multiHot }: SampleStore,
  { fold, ...options }: { readonly folds: number; readonly fold: number; readonly seed: number },
) {
  if (multiHot !== undefined)
    throw new UsageError("--folds: expected pictures with one class each, got several labels");
  try {
    return stratifiedFolds(keys, labels, options)[fold - 1]!;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--folds: ${error.message}`);
  }
}

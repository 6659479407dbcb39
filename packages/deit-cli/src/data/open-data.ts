import { classCounts, type SampleStore } from "image-source";
import { decodeSample, type LabelsFile } from "image-source/node";
import type { Settings } from "../settings/settings.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { heldOutCopies } from "./layouts/held-out-copies.ts";
import { type OpenedStore, openStore } from "./layouts/open-store.ts";
import { openValData } from "./layouts/open-val-data.ts";
import { splitData } from "./layouts/split-data.ts";
import { pictureRules } from "./picture-rules.ts";
import { addUnlabeled, hideLabels } from "./training-labels.ts";
import { undecodable } from "./undecodable.ts";

/** Pictures for training, and held-out ones for validation. */
export interface FlowerData {
  /** Pictures that a student with a teacher learns from. Label −1: it is hidden, or the picture is one of `--unlabeled`. */
  readonly train: SampleStore;
  /** Those of `train` with a label, from which a teacher and a student alone learn. */
  readonly labeled: SampleStore;
  readonly validation: SampleStore;
  /** Number of the first of these that are judged after each epoch; the others only in the end. */
  readonly judgedByEpoch: number;
  /** Pictures for the end, which no training sees, where the data has them. */
  readonly test?: SampleStore;
  /** All of the data, in its order; without those of `--val-data` and `--unlabeled`. */
  readonly all: SampleStore;
  readonly classNames: readonly string[];
  /** Whether photos are rotated by their EXIF orientation; later photos for the model are treated alike. */
  readonly upright: boolean;
  /** `drawn`, or how photos say their classes. */
  readonly layout: OpenedStore["layout"];
  /** Labels files that were read. */
  readonly labelsFiles: readonly LabelsFile[];
  /** One sentence, for people. */
  readonly description: string;
  /** Pictures that were left out, with the reason, and classes without a held-out picture. Printed already. */
  readonly notes: readonly string[];
}

/**
 * Opens, downloads or draws the pictures of the settings, and splits them, unless they are split already. The split does not depend on the settings' seed: no run
 * trains on the held-out pictures of another. Which labels are kept does, and a fold of a cross-validation, which divides the training
 * pictures once more.
 *
 * @param signal - Stops the work.
 * @param options - `use: "judge"` also accepts data that cannot be split, with one class or one picture of a class: all pictures
 * are held out then, and no label is hidden.
 * Pictures without a label are decoded once: a student learns from them only after teachers have learned from the others.
 *
 * @throws Error naming a class without a picture that decodes, where bad pictures are skipped; otherwise the first picture without a
 * label that does not decode.
 */
export async function openData(
  settings: Settings,
  output: LineOutput,
  signal?: AbortSignal,
  { use = "train" }: { readonly use?: "train" | "judge" } = {},
): Promise<FlowerData> {
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    output.write(`${text}\n`);
  };
  const opened = await openStore(settings, output, note, signal);
  const { all, test, source, layout, labelsFiles } = opened;
  const { valData, nestedClasses } = settings.data;
  const elsewhere =
    valData === undefined
      ? undefined
      : await openValData(valData, { train: opened.train, nestedClasses, note, signal });
  const isOneSet = opened.validation === undefined && elsewhere === undefined;
  const {
    train: own,
    validation,
    judgedByEpoch,
  } = use === "judge" && isOneSet && !isSplittable(opened.train)
    ? { train: all.subset([]), validation: all, judgedByEpoch: all.size }
    : splitData(opened, elsewhere, use === "judge" && !isOneSet ? withoutShare(settings) : settings);
  const { labels, unlabeled } = use === "judge" ? {} : settings.data;
  const kept = hideLabels(own, labels, settings.run.seed);
  const checks = { data: settings.data, output, signal };
  const hidden = [...kept.keys.keys()].filter((i) => kept.labels[i] === -1);
  if (!settings.data.skipBadImages) await undecodable(kept, hidden, checks);
  const train =
    unlabeled === undefined
      ? kept
      : await addUnlabeled(kept, {
          path: unlabeled,
          all: elsewhere ? [all, elsewhere] : [all],
          note,
          ...checks,
        });
  const labeled = labeledPart(train);
  if (settings.data.skipBadImages) await requireDecodable(labeled, settings, signal);
  const heldOut = classCounts(validation);
  for (const [label, name] of all.classNames.entries()) {
    if (heldOut[label] === 0) note(`class '${name}' has no held-out picture: it is not judged`);
  }
  for (const copies of [
    isOneSet ? undefined : heldOutCopies(labeled, validation, "held-out"),
    test && heldOutCopies(labeled, test, "test"),
  ])
    if (copies !== undefined) note(copies);
  const { classNames, encoding } = all;
  const upright = encoding.kind === "rgb" || encoding.upright === true;
  const { folds, fold } = settings.data;
  const part = fold === undefined ? (elsewhere ? " (--val-data)" : "") : ` (fold ${fold} of ${folds})`;
  const last = test ? `, ${test.size} to test` : "";
  const counts = `${source}, ${classNames.length} classes: ${trainingCounts(train, labeled)} to train on, ${validation.size} held out${part}${last}.`;
  const description = labeled === train ? counts : `${counts} ${learnersOf(settings.run.students)}`;
  return {
    ...{ train, labeled, validation, ...(test && { test }), judgedByEpoch, all, classNames },
    ...{ upright, layout, labelsFiles, description, notes },
  };
}

/** The pictures with a label; the store itself if all have one. */
function labeledPart(store: SampleStore): SampleStore {
  if (!store.labels.includes(-1)) return store;
  return store.subset([...store.keys.keys()].filter((i) => store.labels[i] !== -1));
}

function trainingCounts(train: SampleStore, labeled: SampleStore): string {
  return labeled === train
    ? `${train.size}`
    : `${labeled.size} labeled and ${train.size - labeled.size} unlabeled`;
}

function learnersOf(students: Settings["run"]["students"]): string {
  return students === "alone"
    ? "The student learns from the labeled ones only."
    : "Only a student with a teacher learns from the unlabeled ones.";
}

/** Settings of a run for other data, which may have a split of its own. */
function withoutShare(settings: Settings): Settings {
  const { valSplit: _, ...data } = settings.data;
  return { ...settings, data };
}

function isSplittable(store: SampleStore): boolean {
  const counts = classCounts(store);
  return counts.length >= 2 && counts.every((count) => count >= 2);
}

/** @throws Error naming a class without a picture that decodes: the class would be missing silently. */
async function requireDecodable(
  store: SampleStore,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { onBad: _, ...limits } = pictureRules(settings.data);
  for (const [label, name] of store.classNames.entries()) {
    let problem: Error | undefined;
    for (let index = 0; index < store.size; index++) {
      if (!store.classesOf(index).includes(label)) continue;
      signal?.throwIfAborted();
      problem = await decodeSample(store, index, limits).then(
        () => undefined,
        (error: Error) => error,
      );
      if (problem === undefined) break;
    }
    if (problem !== undefined) {
      throw new Error(
        `--skip-bad-images: class '${name}': expected a picture that decodes to train on, got none: ${problem.message}`,
      );
    }
  }
}

import { downloadFlowers, openFlowers, proceduralFlowers, splitFlowers, tfdsSplit } from "flowers-data/node";
import { classCounts, type SampleStore } from "image-source";
import { decodeSample, stratifiedFolds } from "image-source/node";
import { UsageError } from "../process/usage-error.ts";
import type { Settings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";
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
  /** Both, in the order of the source. */
  readonly all: SampleStore;
  readonly classNames: readonly string[];
  /** Whether photos are rotated by their EXIF orientation; later photos for the model are treated alike. */
  readonly upright: boolean;
  /** One sentence, for people. */
  readonly description: string;
  /** Pictures that were left out, with the reason, and classes without a held-out picture. Printed already. */
  readonly notes: readonly string[];
}

/**
 * Opens, downloads or draws the pictures of the settings, and splits them. The split does not depend on the settings' seed: no run
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
  const { store, source, further = 0 } = await openStore(settings, output, note, signal);
  const {
    train: own,
    validation,
    judgedByEpoch,
  } = use === "judge" && !isSplittable(store)
    ? { train: store.subset([]), validation: store, judgedByEpoch: store.size }
    : split(store, further, settings);
  const { labels, unlabeled } = use === "judge" ? {} : settings.data;
  const kept = hideLabels(own, labels, settings.run.seed);
  const checks = { data: settings.data, output, signal };
  const hidden = [...kept.keys.keys()].filter((i) => kept.labels[i] === -1);
  if (!settings.data.skipBadImages) await undecodable(kept, hidden, checks);
  const train =
    unlabeled === undefined
      ? kept
      : await addUnlabeled(kept, { path: unlabeled, all: store, note, ...checks });
  const labeled = labeledPart(train);
  if (settings.data.skipBadImages) await requireDecodable(labeled, settings, signal);
  const heldOut = classCounts(validation);
  for (const [label, name] of store.classNames.entries()) {
    if (heldOut[label] === 0) note(`class '${name}' has no held-out picture: it is not judged`);
  }
  const { classNames, encoding } = store;
  const upright = encoding.kind === "rgb" || encoding.upright === true;
  const { folds, fold } = settings.data;
  const part = fold === undefined ? "" : ` (fold ${fold} of ${folds})`;
  const counts = `${source}, ${classNames.length} classes: ${trainingCounts(train, labeled)} to train on, ${validation.size} held out${part}.`;
  const description = labeled === train ? counts : `${counts} ${learnersOf(settings.run.students)}`;
  return { train, labeled, validation, judgedByEpoch, all: store, classNames, upright, description, notes };
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

/** The last `further` pictures are held out beside those of the split of the others. */
function split(
  store: SampleStore,
  further: number,
  { run, data }: Settings,
): Pick<FlowerData, "train" | "validation" | "judgedByEpoch"> {
  const places = new Map(store.keys.map((key, i) => [key, i]));
  const first = store.size - further;
  const whole = further === 0 ? store : store.subset(Array.from({ length: first }, (_, i) => i));
  const { train, validation } = splitFlowers(whole);
  const { folds, fold } = data;
  if (folds !== undefined && fold !== undefined) {
    const { train: kept, validation: heldOut } = foldOf(train, { folds, fold, seed: run.seed });
    return { train: train.subset(kept), validation: train.subset(heldOut), judgedByEpoch: heldOut.length };
  }
  if (further === 0) return { train, validation, judgedByEpoch: validation.size };
  const beside = Array.from({ length: further }, (_, i) => first + i);
  const all = store.subset([...validation.keys.map((key) => places.get(key)!), ...beside]);
  return { train, validation: all, judgedByEpoch: validation.size };
}

/** @throws UsageError if a class has too few pictures for the folds. */
function foldOf(
  { keys, labels }: SampleStore,
  { fold, ...options }: { readonly folds: number; readonly fold: number; readonly seed: number },
) {
  try {
    return stratifiedFolds(keys, labels, options)[fold - 1]!;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--folds: ${error.message}`);
  }
}

/** Held-out pictures of so many drawn ones. */
function heldOutOf(count: number): number {
  return tfdsSplit(Array.from({ length: count }, (_, i) => String(i))).validation.length;
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

async function openStore(
  settings: Settings,
  output: LineOutput,
  note: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<{ store: SampleStore; source: string; further?: number }> {
  const { path: given, download, cache, count, heldOut, seed = settings.run.seed } = settings.data;
  const stop = signal && { signal };
  if (given === undefined && !download) {
    const { imageSize: size } = settings.model;
    const further = heldOut === undefined ? 0 : heldOut - heldOutOf(count!);
    const store = await proceduralFlowers({ count: count! + further, size, seed, ...stop });
    return { store, source: `${store.size} drawn flowers`, further };
  }
  const path = given ?? (await downloadWithProgress(cache, output, signal));
  const store = await openFlowers(path, { ...stop, onNote: ({ text }) => note(text) });
  return { store, source: `${store.size} photos` };
}

async function downloadWithProgress(
  cacheDir: string | undefined,
  output: LineOutput,
  signal: AbortSignal | undefined,
): Promise<string> {
  const line = liveLine(output);
  const path = await downloadFlowers({
    ...(cacheDir !== undefined && { cacheDir }),
    ...(signal && { signal }),
    onProgress: ({ received, total }) =>
      line.update(
        () => `downloading flower_photos.tgz  ${percent(received / total)} of ${Math.round(total / 1e6)} MB`,
      ),
  });
  line.finish(`photos: ${path} (SHA-256 verified)`);
  return path;
}

import { downloadFlowers, openFlowers, proceduralFlowers, splitFlowers } from "flowers-data/node";
import type { SampleStore } from "image-source";
import { decodeSample } from "image-source/node";
import type { Settings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";
import { pictureRules } from "./picture-rules.ts";
import { addUnlabeled, hideLabels } from "./training-labels.ts";

/** Pictures for training, and held-out ones for validation. */
export interface FlowerData {
  /** Pictures that a student with a teacher learns from. Label −1: it is hidden, or the picture is one of `--unlabeled`. */
  readonly train: SampleStore;
  /** Those of `train` with a label, from which a teacher and a student alone learn. */
  readonly labeled: SampleStore;
  readonly validation: SampleStore;
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
 * trains on the held-out pictures of another. Which labels are kept does.
 *
 * @param signal - Stops the work.
 * @param options - `use: "judge"` also accepts data that cannot be split, with one class or one picture of a class: all pictures
 * are held out then, and no label is hidden.
 * @throws Error naming a class without a picture that decodes, where bad pictures are skipped.
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
  const { store, source } = await openStore(settings, output, note, signal);
  const { train: own, validation } =
    use === "judge" && !isSplittable(store)
      ? { train: store.subset([]), validation: store }
      : splitFlowers(store);
  const { labels, unlabeled } = use === "judge" ? {} : settings.data;
  const kept = hideLabels(own, labels, settings.run.seed);
  const train =
    unlabeled === undefined ? kept : await addUnlabeled(kept, { path: unlabeled, all: store, note, signal });
  const labeled = labeledPart(train);
  if (settings.data.skipBadImages) await requireDecodable(labeled, settings, signal);
  for (const [label, name] of store.classNames.entries()) {
    if (!validation.labels.includes(label)) note(`class '${name}' has no held-out picture: it is not judged`);
  }
  const { classNames, encoding } = store;
  const upright = encoding.kind === "rgb" || encoding.upright === true;
  const counts = `${source}, ${classNames.length} classes: ${trainingCounts(train, labeled)} to train on, ${validation.size} held out.`;
  const description = labeled === train ? counts : `${counts} ${learnersOf(settings.run.students)}`;
  return { train, labeled, validation, all: store, classNames, upright, description, notes };
}

/** The pictures with a label; the store itself if all have one. */
function labeledPart(store: SampleStore): SampleStore {
  if (!store.labels.includes(-1)) return store;
  return store.subset([...store.keys.keys()].filter((i) => store.labels[i]! >= 0));
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

function isSplittable({ classNames, labels }: SampleStore): boolean {
  const counts = classNames.map((_, label) => labels.filter((other) => other === label).length);
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
    for (const [index, other] of store.labels.entries()) {
      if (other !== label) continue;
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
): Promise<{ store: SampleStore; source: string }> {
  const { path: given, download, cache, count } = settings.data;
  const stop = signal && { signal };
  if (given === undefined && !download) {
    const { imageSize: size } = settings.model;
    const store = await proceduralFlowers({ count: count!, size, seed: settings.run.seed, ...stop });
    return { store, source: `${count} drawn flowers` };
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

import { createHash } from "node:crypto";
import { joinStores, type SampleStore } from "image-source";
import { keepLabels, openUnlabeled } from "image-source/node";
import { UsageError } from "../process/usage-error.ts";
import { labelsOf } from "../settings/labels-of.ts";

/**
 * Hides the labels that `--labels` does not keep.
 *
 * @throws UsageError for more labels than there are, or a class without any.
 */
export function hideLabels(train: SampleStore, labels: string | undefined, seed: number): SampleStore {
  if (labels === undefined) return train;
  const kept = orUsageError(() => keepLabels(train, { ...labelsOf(labels), seed }));
  const none = kept.classNames.find((_, label) => !kept.labels.includes(label));
  if (none !== undefined)
    throw new UsageError(`--labels: expected a label of each class, got none of '${none}' with '${labels}'`);
  return kept;
}

function orUsageError(keep: () => SampleStore): SampleStore {
  try {
    return keep();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--labels: ${error.message.replace("keepLabels: ", "")}`);
  }
}

/** Options of {@link addUnlabeled}. */
interface AddOptions {
  /** Folder or archive. */
  readonly path: string;
  /** All pictures of the data: training on a copy of a held-out one would not be honest, and of another one of no use. */
  readonly all: SampleStore;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Adds the pictures of `--unlabeled` to training pictures. Files that the data has too are left out, and reported.
 *
 * @throws Error of one line naming the path if there is no other picture in it.
 */
export async function addUnlabeled(
  train: SampleStore,
  { path, all, note, signal }: AddOptions,
): Promise<SampleStore> {
  const { classNames, encoding } = train;
  const upright = encoding.kind === "file" && encoding.upright === true;
  const onNote = ({ text }: { text: string }): void => note(`--unlabeled: ${text}`);
  const more = await openUnlabeled(path, { classNames, upright, onNote, ...(signal && { signal }) });
  const known = new Set(all.keys.map((_, i) => digest(all, i)));
  const others = [...more.keys.keys()].filter((i) => !known.has(digest(more, i)));
  const copies = more.size - others.length;
  if (copies > 0) note(`--unlabeled: left out: ${copies} pictures that the data has too`);
  if (others.length === 0)
    throw new Error(`${path}: expected pictures that the data does not have, got ${copies} that it has`);
  return joinStores(train, more.subset(others));
}

function digest(store: SampleStore, index: number): string {
  return createHash("sha256").update(store.bytesOf(index)).digest("base64");
}

import { joinStores, type SampleStore } from "image-source";
import { keepLabels, openUnlabeled } from "image-source/node";
import { UsageError } from "../process/usage-error.ts";
import { labelsOf } from "../settings/labels-of.ts";
import { digest } from "./layouts/held-out-copies.ts";
import { type UndecodableOptions, undecodable } from "./undecodable.ts";

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
interface AddOptions extends UndecodableOptions {
  /** Folder or archive. */
  readonly path: string;
  /** All pictures of the data: training on a copy of a held-out one would not be honest, and of another one of no use. */
  readonly all: readonly SampleStore[];
  readonly note: (text: string) => void;
}

/**
 * Adds the pictures of `--unlabeled` to training pictures. Files that the data has too are left out, and reported, as are pictures that do not
 * decode, where those are skipped.
 *
 * @throws Error of one line naming the path if there is no other picture in it, or none that decodes; naming the first picture that does
 * not, where those are not skipped.
 */
export async function addUnlabeled(
  train: SampleStore,
  { path, all, note, ...checks }: AddOptions,
): Promise<SampleStore> {
  const { classNames, encoding } = train;
  const { signal } = checks;
  const upright = encoding.kind === "file" && encoding.upright === true;
  const onNote = ({ text }: { text: string }): void => note(`--unlabeled: ${text}`);
  const more = await openUnlabeled(path, { classNames, upright, onNote, ...(signal && { signal }) });
  const known = new Set(all.flatMap((store) => store.keys.map((_, i) => digest(store, i))));
  const others = [...more.keys.keys()].filter((i) => !known.has(digest(more, i)));
  const copies = more.size - others.length;
  if (copies > 0) note(`--unlabeled: left out: ${copies} pictures that the data has too`);
  if (others.length === 0)
    throw new Error(`${path}: expected pictures that the data does not have, got ${copies} that it has`);
  const bad = await undecodable(more, others, checks);
  const [first] = bad.values();
  if (bad.size === others.length)
    throw new Error(`${path}: expected a picture that decodes to train on, got none: ${first}`);
  const count = bad.size === 1 ? "1 picture that does" : `${bad.size} pictures that do`;
  if (bad.size > 0) note(`--unlabeled: left out: ${count} not decode, such as ${first}`);
  return joinStores(train, more.subset(others.filter((i) => !bad.has(i))));
}

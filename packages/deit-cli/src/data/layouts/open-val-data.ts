import { SampleStore } from "image-source";
import { openDataset } from "image-source/node";
import { placesOf } from "../../models/class-names.ts";
import { UsageError } from "../../process/usage-error.ts";

/** Options of {@link openValData}. */
export interface ValDataOptions {
  /** Pictures to train on, whose classes and rotation the held-out ones get. */
  readonly train: SampleStore;
  readonly nestedClasses?: boolean | undefined;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the pictures of `--val-data`: class folders, or a labels file in it. Their keys are `"val-data/<path>"`.
 *
 * @returns A store with the labels of the training pictures, whatever order the classes have here.
 * @throws UsageError with both lists for a class that the training pictures do not have, parts of a split, or labels of another kind.
 */
export async function openValData(
  path: string,
  { train, nestedClasses, note, signal }: ValDataOptions,
): Promise<SampleStore> {
  const { encoding, classNames } = train;
  const { all, layout } = await openDataset(path, {
    upright: encoding.kind === "file" && encoding.upright === true,
    onNote: ({ text }) => note(`--val-data: ${text}`),
    ...(nestedClasses !== undefined && { nestedClasses }),
    ...(signal && { signal }),
  });
  if (layout === "split folders")
    throw new UsageError(`--val-data: expected held-out photos alone, got parts of a split in '${path}'`);
  const places = placesOf(all.classNames, classNames);
  const unknown = all.classNames.filter((_, label) => places[label]! < 0);
  if (unknown.length > 0) {
    throw new UsageError(
      `--val-data: ${path}: expected the classes of the training photos (${classNames.join(", ")}), ` +
        `got ${all.classNames.join(", ")}; unknown: ${unknown.join(", ")}`,
    );
  }
  if ((all.multiHot === undefined) !== (train.multiHot === undefined)) {
    const words = ["one class each", "any number of classes each"];
    const [expected, got] = train.multiHot === undefined ? words : words.toReversed();
    throw new UsageError(`--val-data: ${path}: expected photos of ${expected}, as to train on, got ${got}`);
  }
  const { multiHot } = all;
  return new SampleStore({
    ...all,
    classNames,
    keys: all.keys.map((key) => `val-data/${key}`),
    labels: all.labels.map((label) => (label < 0 ? label : places[label]!)),
    ...(multiHot && { multiHot: withColumns(multiHot, places, classNames.length) }),
  });
}

/** Rows with their columns at other places. */
function withColumns(rows: Uint8Array, places: readonly number[], classes: number): Uint8Array {
  const moved = new Uint8Array((rows.length / places.length) * classes);
  rows.forEach((value, i) => {
    moved[Math.floor(i / places.length) * classes + places[i % places.length]!] = value;
  });
  return moved;
}

import { labelOrder } from "flowers-data";
import { downloadFlowers, isTfFlowers, proceduralFlowers, tfdsSplit } from "flowers-data/node";
import { MULTI_LABEL, type SampleStore } from "image-source";
import { type ImageDataset, type LabelsFile, openDataset } from "image-source/node";
import { sidesOf } from "vision-augment";
import { shortPath } from "../../files/short-path.ts";
import type { Settings } from "../../settings/settings.ts";
import { percent } from "../../terminal/format.ts";
import { type LineOutput, liveLine } from "../../terminal/live-line.ts";

/** Pictures of the settings, with the split that they have. */
export interface OpenedStore extends Pick<ImageDataset, "all" | "train" | "validation" | "test"> {
  /** What they are, for people. */
  readonly source: string;
  /** `drawn`, or how photos say their classes. */
  readonly layout: "drawn" | ImageDataset["layout"];
  readonly labelsFiles: readonly LabelsFile[];
  /** Number of the last of `train` that are held out besides those of a split; of drawn flowers. */
  readonly further: number;
}

/** Opens, downloads or draws the pictures of the settings. */
export async function openStore(
  settings: Settings,
  output: LineOutput,
  note: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<OpenedStore> {
  const { path: given, download, cache, count, heldOut, seed = settings.run.seed } = settings.data;
  const stop = signal && { signal };
  if (given === undefined && !download) {
    const size = Math.max(...sidesOf(settings.model.imageSize));
    const further = heldOut === undefined ? 0 : heldOut - heldOutOf(count!);
    const all = await proceduralFlowers({ count: count! + further, size, seed, ...stop });
    return {
      all,
      train: all,
      source: `${all.size} drawn flowers`,
      layout: "drawn",
      labelsFiles: [],
      further,
    };
  }
  const path = given ?? (await downloadWithProgress(cache, output, signal));
  const { labelsFile, nestedClasses } = settings.data;
  const { all, train, validation, test, layout, labelsFiles } = await openDataset(path, {
    ...{ labelOrder, ...stop, onNote: ({ text }) => note(text) },
    ...(labelsFile !== undefined && { labelsFile }),
    ...(nestedClasses !== undefined && { nestedClasses }),
  });
  const upright = !isTfFlowers(all.keys); // TensorFlow shows those as they are stored
  return {
    all: all.withUpright(upright),
    train: train.withUpright(upright),
    ...(validation && { validation: validation.withUpright(upright) }),
    ...(test && { test: test.withUpright(upright) }),
    source: `${all.size} photos ${wordsOf(all, layout, labelsFiles, nestedClasses === true)}`,
    ...{ layout, labelsFiles, further: 0 },
  };
}

/** How photos say their classes, for people. */
function wordsOf(
  { labels }: SampleStore,
  layout: ImageDataset["layout"],
  files: readonly LabelsFile[],
  isNested: boolean,
): string {
  const several = labels.includes(MULTI_LABEL) ? ", any number of classes each" : "";
  if (layout === "labels file")
    return `with ${files.map(({ path }) => shortPath(path)).join(", ")}${several}`;
  return `in ${isNested ? "nested " : ""}${layout}`;
}

/** Held-out pictures of so many drawn ones. */
function heldOutOf(count: number): number {
  return tfdsSplit(Array.from({ length: count }, (_, i) => String(i))).validation.length;
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

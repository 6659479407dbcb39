import { downloadFlowers, openFlowers, proceduralFlowers, type SampleStore, splitStore } from "flowers-data";
import type { Settings } from "../settings.ts";
import { percent } from "../terminal/format.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";

/** Pictures to train on and others to judge by. */
export interface FlowerData {
  readonly train: SampleStore;
  readonly validation: SampleStore;
  readonly classNames: readonly string[];
  /** One sentence, for people. */
  readonly description: string;
}

/** Opens, downloads or draws the pictures, as the settings say, and splits them as TensorFlow Datasets does. */
export async function openData(settings: Settings, output: LineOutput): Promise<FlowerData> {
  const { store, source } = await openStore(settings, output);
  const { train, validation } = splitStore(store);
  const { classNames } = store;
  const description = `${source}, ${classNames.length} classes: ${train.size} to train on, ${validation.size} held out.`;
  return { train, validation, classNames, description };
}

async function openStore(
  settings: Settings,
  output: LineOutput,
): Promise<{ store: SampleStore; source: string }> {
  const { data, download, cache, count, imageSize, seed } = settings;
  if (data === undefined && !download) {
    const store = await proceduralFlowers({ count, size: imageSize, seed });
    return { store, source: `${count} drawn flowers` };
  }
  const path = data ?? (await downloadWithProgress(cache, output));
  const store = await openFlowers(path);
  return { store, source: `${store.size} photos` };
}

async function downloadWithProgress(cacheDir: string | undefined, output: LineOutput): Promise<string> {
  const line = liveLine(output);
  const path = await downloadFlowers({
    ...(cacheDir !== undefined && { cacheDir }),
    onProgress: ({ received, total }) =>
      line.update(
        () => `downloading flower_photos.tgz  ${percent(received / total)} of ${Math.round(total / 1e6)} MB`,
      ),
  });
  line.finish(`photos: ${path}`);
  return path;
}

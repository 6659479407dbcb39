import { readFile } from "node:fs/promises";
import { type ImageSource, type ImageSourceOptions, imageSource } from "image-source/node";
import { type PhotoFile, photoStore } from "./photo-store.ts";

/** Undecoded photos in memory at once. */
const AT_ONCE = 64;
/** Photos in one pass of a model. */
export const FORWARD_ROWS = 8;

/** What came of one photo, or why nothing did. */
export type PhotoResult<Value> =
  | { readonly file: string; readonly value: Value }
  /** The error begins with the file's name. */
  | { readonly file: string; readonly error: string };

/** How photos are decoded and resized. */
export interface PhotoView extends Pick<ImageSourceOptions, "centerCrop"> {
  readonly imageSize: ImageSourceOptions["imageSize"];
  /** Whether photos are rotated by their EXIF orientation, as the model's training pictures were. */
  readonly upright: boolean;
  /** See `decodeImage`. */
  readonly maxPixels?: number | undefined;
}

/**
 * Shows photos to a function, many at once. A file that cannot be read or decoded is reported in its place, with the reason.
 *
 * @param use - Returns one value for each picture of the source's epoch 0, in its order.
 */
export async function* eachPhoto<Value>(
  files: readonly string[],
  { imageSize, centerCrop, upright, maxPixels }: PhotoView,
  use: (source: ImageSource) => Promise<readonly Value[]>,
): AsyncGenerator<PhotoResult<Value>> {
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    const errors = new Map<string, string>();
    const read = await readAll(some, errors);
    const found = new Map<string, Value>();
    if (read.length > 0) {
      const source = imageSource(photoStore(read, upright), {
        ...{ imageSize, training: false, ...(centerCrop && { centerCrop }) },
        ...(maxPixels !== undefined && { maxPixels }),
        ...{ batchSize: FORWARD_ROWS, workers: 1, onBadImage: "skip" },
        onSkip: ({ key, reason }) =>
          errors.set(key, `${key}: expected a picture that decodes, got: ${reason}`),
      });
      try {
        const values = await use(source);
        const decoded = read.filter(({ path }) => !errors.has(path));
        for (const [i, { path }] of decoded.entries()) found.set(path, values[i]!);
      } finally {
        await source.close();
      }
    }
    for (const file of some)
      yield found.has(file) ? { file, value: found.get(file)! } : { file, error: errors.get(file)! };
  }
}

async function readAll(files: readonly string[], errors: Map<string, string>): Promise<PhotoFile[]> {
  const read = files.map(async (path) => {
    try {
      return [{ path, bytes: await readFile(path) }];
    } catch (cause) {
      errors.set(path, `${path}: expected a photo, could not read it: ${(cause as Error).message}`);
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

import { readFile } from "node:fs/promises";
import { SampleStore } from "flowers-data";

/**
 * Photos as a data set without labels, so that they are resized as held-out pictures are; turned upright, as a phone shows them.
 *
 * @throws Error naming a file that cannot be read.
 */
export async function photoStore(paths: readonly string[]): Promise<SampleStore> {
  const files = await Promise.all(paths.map(read));
  const bytes = new SharedArrayBuffer(files.reduce((sum, { length }) => sum + length, 0));
  const spans: number[] = [];
  let at = 0;
  for (const file of files) {
    new Uint8Array(bytes).set(file, at);
    spans.push(at, at + file.length);
    at += file.length;
  }
  return new SampleStore({
    classNames: ["unknown"],
    keys: paths,
    labels: new Int32Array(paths.length),
    bytes,
    spans: Float64Array.from(spans),
    encoding: { kind: "file", upright: true },
  });
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`${path}: expected a photo, could not read it: ${(cause as Error).message}`, { cause });
  }
}

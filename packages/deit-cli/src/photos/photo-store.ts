import { SampleStore } from "image-source";

/** A photo's bytes and path. */
export interface PhotoFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Photos as a data set without labels, to be resized like held-out pictures.
 *
 * @param upright - Whether photos are rotated by their EXIF orientation, as the model's training pictures were.
 */
export function photoStore(photos: readonly PhotoFile[], upright: boolean): SampleStore {
  const files = photos.map(({ bytes }) => bytes);
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
    keys: photos.map(({ path }) => path),
    labels: new Int32Array(photos.length),
    bytes,
    spans: Float64Array.from(spans),
    encoding: { kind: "file", upright },
  });
}

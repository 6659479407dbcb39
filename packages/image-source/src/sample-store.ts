import {
  ANY,
  BOOLEAN,
  type Check,
  type Checks,
  COUNT,
  check,
  having,
  OBJECT,
  optional,
  requireKind,
  requireOptions,
} from "known-options";
import type { RgbImage } from "vision-augment";

/** How a store's bytes are read: files of any format that sharp knows, turned upright or not, or raw RGB of one size. */
export type Encoding =
  | { readonly kind: "file"; readonly upright?: boolean }
  | { readonly kind: "rgb"; readonly width: number; readonly height: number };

/** Fields of a {@link SampleStore}. */
export interface SampleStoreParts {
  readonly classNames: readonly string[];
  readonly keys: readonly string[];
  readonly labels: Int32Array;
  readonly bytes: SharedArrayBuffer;
  readonly spans: Float64Array;
  readonly encoding: Encoding;
}

const CHECKS: Checks<SampleStoreParts> = {
  classNames: check("a list of names", Array.isArray),
  keys: check("a list of keys", Array.isArray),
  labels: check("an Int32Array", (value) => value instanceof Int32Array),
  bytes: ANY, // shared memory is not everywhere
  spans: check("a Float64Array", (value) => value instanceof Float64Array),
  encoding: OBJECT,
};

/** A {@link SampleStore}. */
export const STORE: Check = having(
  "a SampleStore",
  (it) => Array.isArray(it.keys) && Array.isArray(it.classNames),
);

/**
 * Pictures in one block of shared memory, which worker threads read in place, each with its label or without one (−1).
 *
 * @throws TypeError for an unknown part. RangeError if one is missing, keys, labels and spans differ in length, a label has no class, a key or class
 * is there twice, or a span lies outside or is not as long as a raw picture.
 *
 * @example
 * const bytes = new SharedArrayBuffer(12); // two black pictures of one by two pixels
 * const store = new SampleStore({
 *   classNames: ["cat", "dog"],
 *   keys: ["cat/1", "dog/1"],
 *   labels: Int32Array.of(0, 1),
 *   bytes,
 *   spans: Float64Array.of(0, 6, 6, 12),
 *   encoding: { kind: "rgb", width: 2, height: 1 },
 * });
 * console.log(store.subset([1]).keys); // ["dog/1"]
 */
export class SampleStore {
  /** Name of each label. */
  readonly classNames: readonly string[];
  /** `"<class folder>/<file>"` of each sample. */
  readonly keys: readonly string[];
  /** Class of each sample; −1: nobody labeled it. */
  readonly labels: Int32Array;
  /** All pictures. */
  readonly bytes: SharedArrayBuffer;
  /** Start and end of each sample in `bytes`, two numbers a sample. */
  readonly spans: Float64Array;
  readonly encoding: Encoding;

  constructor(parts: SampleStoreParts) {
    requireOptions("SampleStore", parts, CHECKS);
    const { classNames, keys, labels, bytes, spans, encoding } = parts;
    if (labels.length !== keys.length || spans.length !== 2 * keys.length) {
      throw new RangeError(
        `SampleStore: ${keys.length} keys need as many labels and twice as many span ends, got ${labels.length} and ${spans.length}`,
      );
    }
    const wrong = labels.find((label) => label < -1 || label >= classNames.length);
    if (wrong !== undefined) {
      throw new RangeError(
        `SampleStore: labels must be in [0, ${classNames.length}), or -1 for none, got ${wrong}`,
      );
    }
    for (const [what, names] of [
      ["keys", keys],
      ["classNames", classNames],
    ] as const) {
      const twice = names.length === new Set(names).size ? undefined : firstTwice(names);
      if (twice !== undefined)
        throw new RangeError(`SampleStore: ${what} must be unique, got '${twice}' twice`);
    }
    const pixels = requireEncoding(encoding);
    for (let i = 0; i < keys.length; i++) {
      const [start, end] = [spans[2 * i]!, spans[2 * i + 1]!];
      if (!(start >= 0 && start <= end && end <= bytes.byteLength)) {
        throw new RangeError(
          `SampleStore: ${keys[i]} must lie in ${bytes.byteLength} bytes, got ${start} to ${end}`,
        );
      }
      if (pixels !== undefined && end - start !== 3 * pixels) {
        throw new RangeError(
          `SampleStore: ${keys[i]} must be ${3 * pixels} bytes of RGB, got ${end - start}`,
        );
      }
    }
    this.classNames = classNames;
    this.keys = keys;
    this.labels = labels;
    this.bytes = bytes;
    this.spans = spans;
    this.encoding = encoding;
  }

  /** Number of samples. */
  get size(): number {
    return this.keys.length;
  }

  /**
   * Some of the samples, in the order given, over the same bytes.
   *
   * @throws RangeError if an index is outside.
   */
  subset(indices: ArrayLike<number>): SampleStore {
    const chosen = Array.from(indices);
    const outside = chosen.find((i) => !(Number.isInteger(i) && i >= 0 && i < this.size));
    if (outside !== undefined) {
      throw new RangeError(`SampleStore.subset: indices must be in [0, ${this.size}), got ${outside}`);
    }
    return new SampleStore({
      classNames: this.classNames,
      keys: chosen.map((i) => this.keys[i]!),
      labels: Int32Array.from(chosen, (i) => this.labels[i]!),
      bytes: this.bytes,
      spans: Float64Array.from(chosen.flatMap((i) => [this.spans[2 * i]!, this.spans[2 * i + 1]!])),
      encoding: this.encoding,
    });
  }

  /** The same samples, photos turned as their EXIF orientation says or not. */
  withUpright(upright: boolean): SampleStore {
    const { encoding } = this;
    if (encoding.kind !== "file" || (encoding.upright ?? false) === upright) return this;
    return new SampleStore({ ...this, encoding: { kind: "file", ...(upright && { upright }) } });
  }

  /** The stored bytes of one sample, shared: do not write. */
  bytesOf(index: number): Uint8Array {
    return sampleBytes(this, index);
  }
}

/** @returns The pixels of a raw picture. @throws TypeError or RangeError for what is not an {@link Encoding}. */
function requireEncoding(encoding: Encoding): number | undefined {
  requireKind("SampleStore: encoding", encoding, "kind", {
    file: { upright: optional(BOOLEAN) },
    rgb: { width: COUNT, height: COUNT },
  });
  return encoding.kind === "rgb" ? encoding.width * encoding.height : undefined;
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** The bytes of sample `index`, without copying. */
export function sampleBytes(
  store: { readonly bytes: SharedArrayBuffer; readonly spans: Float64Array },
  index: number,
): Uint8Array {
  const start = store.spans[2 * index]!;
  return new Uint8Array(store.bytes, start, store.spans[2 * index + 1]! - start);
}

/** The picture of a raw sample. */
export function rawImage(data: Uint8Array, width: number, height: number): RgbImage {
  return { data, width, height };
}

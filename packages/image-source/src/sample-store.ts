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
import { MULTI_LABEL } from "sample-keys";
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
  readonly multiHot?: Uint8Array;
  readonly bytes: SharedArrayBuffer;
  readonly spans: Float64Array;
  readonly encoding: Encoding;
}

const CHECKS: Checks<SampleStoreParts> = {
  classNames: check("a list of names", Array.isArray),
  keys: check("a list of keys", Array.isArray),
  labels: check("an Int32Array", (value) => value instanceof Int32Array),
  multiHot: optional(check("a Uint8Array", (value) => value instanceof Uint8Array)),
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
 * Pictures that may have any number of classes have a row of `multiHot` each, and the label `MULTI_LABEL` (−2), so that nothing takes one
 * without any class for one that nobody labeled.
 *
 * @throws TypeError for an unknown part. RangeError if one is missing, keys, labels and spans differ in length, a label has no class, a key or class
 * is there twice, a span lies outside or is not as long as a raw picture, or `multiHot` is not 0 or 1 for each picture and class, names
 * a class of a picture without a label (−1), or is there beside labels that are classes.
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
 * const both = new SampleStore({
 *   ...store,
 *   labels: Int32Array.of(MULTI_LABEL, MULTI_LABEL),
 *   multiHot: Uint8Array.of(1, 1, 0, 0), // a cat and a dog; neither
 * });
 * console.log(both.classesOf(0), both.classesOf(1)); // [0, 1] []
 */
export class SampleStore {
  /** Name of each label. */
  readonly classNames: readonly string[];
  /** `"<class folder>/<file>"` of each sample. */
  readonly keys: readonly string[];
  /** Class of each sample; −1: nobody labeled it; `MULTI_LABEL` (−2): its row of `multiHot` has its classes. */
  readonly labels: Int32Array;
  /** Whether each sample has each class, `[size, classes]`, 1 or 0; absent if a sample has one class at most. */
  readonly multiHot?: Uint8Array;
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
    if (parts.multiHot === undefined) requireClasses(labels, classNames.length);
    else requireMultiHot(parts.multiHot, labels, classNames.length);
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
    if (parts.multiHot !== undefined) this.multiHot = parts.multiHot;
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
      ...(this.multiHot && { multiHot: rowsOf(this.multiHot, chosen, this.classNames.length) }),
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

  /** The classes of one sample: one, none, or several. */
  classesOf(index: number): number[] {
    const { multiHot, labels, classNames } = this;
    if (multiHot === undefined) return labels[index]! >= 0 ? [labels[index]!] : [];
    const first = index * classNames.length;
    return [...classNames.keys()].filter((label) => multiHot[first + label] === 1);
  }

  /** The stored bytes of one sample, shared: do not write. */
  bytesOf(index: number): Uint8Array {
    return sampleBytes(this, index);
  }
}

function requireClasses(labels: Int32Array, classes: number): void {
  const wrong = labels.find((label) => label < -1 || label >= classes);
  if (wrong === undefined) return;
  const hint = wrong === MULTI_LABEL ? ": several labels need multiHot" : "";
  throw new RangeError(`SampleStore: labels must be in [0, ${classes}), or -1 for none, got ${wrong}${hint}`);
}

function requireMultiHot(multiHot: Uint8Array, labels: Int32Array, classes: number): void {
  if (multiHot.length !== labels.length * classes) {
    throw new RangeError(
      `SampleStore: multiHot must be [${labels.length}, ${classes}], ${labels.length * classes} numbers, got ${multiHot.length}`,
    );
  }
  const wrong = labels.find((label) => label !== MULTI_LABEL && label !== -1);
  if (wrong !== undefined) {
    throw new RangeError(
      `SampleStore: labels beside multiHot must be ${MULTI_LABEL}, MULTI_LABEL, or -1 for none, got ${wrong}`,
    );
  }
  multiHot.forEach((value, i) => {
    const [row, label] = [Math.floor(i / classes), i % classes];
    if (value > 1) {
      throw new RangeError(
        `SampleStore: multiHot must be 0 or 1, got ${value} in row ${row}, class ${label}`,
      );
    }
    if (value === 1 && labels[row] === -1) {
      throw new RangeError(
        `SampleStore: sample ${row} has no label (-1), but multiHot has its class ${label}`,
      );
    }
  });
}

function rowsOf(multiHot: Uint8Array, indices: readonly number[], classes: number): Uint8Array {
  const rows = new Uint8Array(indices.length * classes);
  indices.forEach((from, to) => {
    rows.set(multiHot.subarray(from * classes, (from + 1) * classes), to * classes);
  });
  return rows;
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

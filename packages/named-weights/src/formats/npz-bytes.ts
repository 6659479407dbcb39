import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { check, LIST, requireArguments, requireOptions } from "known-options";
import { elements, quoted } from "safetensors-io";

/** An array to write with {@link npzBytes}. */
export interface ArrayToWrite {
  /** Its key in `np.load(file)`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** float32, int32, or texts (`<U`), row-major. */
  readonly data: Float32Array | Int32Array | readonly string[];
}

const CHECKS = {
  name: check("a file name without slashes", (it) => typeof it === "string" && /^[^/\\\0]+$/.test(it)),
  shape: LIST,
  data: check(
    "a Float32Array, an Int32Array or strings",
    (it) =>
      it instanceof Float32Array ||
      it instanceof Int32Array ||
      (Array.isArray(it) && it.every((text) => typeof text === "string")),
  ),
};
/** As NumPy's: the header of a .npy file fills lines of 64 bytes. */
const ALIGNMENT = 64;
/** Zip's first day, for equal bytes of equal arrays. */
const DATE = new Date(1980, 0, 1);

/**
 * Writes arrays as a NumPy .npz archive, not compressed, as `np.savez` does; `np.load` reads it without pickles, texts too. Texts must
 * not end in a NUL character, with which NumPy fills them up.
 *
 * @throws TypeError for an unknown option or data of another type. RangeError for a shape that does not fit, or two arrays of one name.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @example
 * import { bytesSource } from "safetensors-io";
 *
 * const bytes = await npzBytes([{ name: "features", shape: [2, 1], data: Float32Array.of(1, 2) }]);
 * console.log((await openNpz(bytesSource(bytes, "a.npz"))).tensors.get("features")?.shape); // [2, 1]
 */
export async function npzBytes(arrays: readonly ArrayToWrite[]): Promise<Uint8Array> {
  requireArguments("npzBytes", { arrays }, { arrays: LIST });
  const names = new Set<string>();
  for (const array of arrays) {
    const { name, shape, data } = requireOptions("npzBytes", array, CHECKS);
    const fits =
      shape.every((side) => Number.isInteger(side) && side >= 0) && elements(shape) === data.length;
    if (!fits)
      throw new RangeError(
        `npzBytes: ${quoted(name)} of shape [${shape}] must fit its ${data.length} elements`,
      );
    if (names.has(name)) throw new RangeError(`npzBytes: there are two arrays ${quoted(name)}`);
    names.add(name);
  }
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    ...{ useWebWorkers: false, level: 0, extendedTimestamp: false, lastModDate: DATE },
  });
  for (const array of arrays) await zip.add(`${array.name}.npy`, new Uint8ArrayReader(npyBytes(array)));
  return zip.close();
}

/** A whole .npy file. */
function npyBytes({ shape, data }: ArrayToWrite): Uint8Array {
  const { type, bytes } =
    data instanceof Float32Array || data instanceof Int32Array ? numbers(data) : texts(data);
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`;
  const prefix = 10; // magic, version, length
  const length = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const header = `${text.padEnd(length - 1)}\n`;
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, length & 255, length >> 8];
  const file = new Uint8Array(prefix + length + bytes.length);
  file.set([...magic, ...new TextEncoder().encode(header)]);
  file.set(bytes, prefix + length);
  return file;
}

interface Stored {
  readonly type: string;
  readonly bytes: Uint8Array;
}

function numbers(data: Float32Array | Int32Array): Stored {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { type: data instanceof Float32Array ? "<f4" : "<i4", bytes };
}

/** Code points of 4 bytes, each text filled up with zeros. */
function texts(data: readonly string[]): Stored {
  const points = data.map((text) => Array.from(text, (letter) => letter.codePointAt(0)!));
  const length = points.reduce((most, text) => Math.max(most, text.length), 1);
  const words = new Uint32Array(data.length * length);
  for (const [i, text] of points.entries()) words.set(text, i * length);
  return { type: `<U${length}`, bytes: new Uint8Array(words.buffer) };
}

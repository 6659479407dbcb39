import type { ByteSource } from "safetensors-io";

/** Header of a .npy file. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** Offset of the data in bytes. */
  readonly begin: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** NumPy's own limit of the header's length. */
const LONGEST = 10_000;

/**
 * Reads the header of a .npy file of float32 numbers in C order.
 *
 * @throws RangeError if it is anything else, or its header is longer than NumPy accepts.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const fail = (expected: string, got: unknown) =>
    new RangeError(`${source.name}: expected ${expected}, got ${String(got).slice(0, 60)}`);
  if (source.size < 12) throw fail("a .npy file", `${source.size} bytes`);
  const start = await source.read(0, 12);
  if (!MAGIC.every((byte, i) => start[i] === byte)) throw fail("a .npy file", "another beginning");
  const [major] = start.subarray(6);
  if (major === undefined || major < 1 || major > 3) throw fail("a .npy file of version 1 to 3", major);
  const view = new DataView(start.buffer, start.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = (major === 1 ? 10 : 12) + length;
  if (length > LONGEST || begin > source.size) throw fail(`a header of at most ${LONGEST} bytes`, length);
  const header = new TextDecoder("latin1").decode((await source.read(0, begin)).subarray(begin - length));
  const field = (name: string) =>
    new RegExp(`'${name}':\\s*('[^']*'|\\w+|\\([\\d,\\s]*\\))`).exec(header)?.[1];
  if (field("descr") !== "'<f4'") throw fail("float32 ('<f4')", field("descr"));
  if (field("fortran_order") !== "False") throw fail("C order", `fortran_order ${field("fortran_order")}`);
  const shape = field("shape");
  if (!shape?.startsWith("(")) throw fail("a shape", shape);
  return { shape: (shape.match(/\d+/g) ?? []).map(Number), begin };
}

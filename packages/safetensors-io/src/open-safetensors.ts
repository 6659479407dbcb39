import { requireArguments } from "known-options";
import { BYTE_SOURCE, type ByteSource } from "./byte-source.ts";
import { decode, type Numbers } from "./dtype.ts";
import { FORMAT_BYTES, foreignFormat } from "./foreign-format.ts";
import { HEADER_LIMIT, parseHeader, type TensorInfo } from "./header.ts";
import { joined } from "./joined.ts";
import { quoted } from "./quoted.ts";

/** An open safetensors file, whose header is checked and whose tensors are read one by one. */
export interface Safetensors {
  /** Name of the file in errors. */
  readonly name: string;
  /** The file's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** All tensors, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Reads a tensor into a new array: F32, F16 and BF16 as float32, I64 and U64 as float64, others as they are.
   *
   * @throws RangeError if there is no such tensor, its type cannot be read, or an integer is beyond 2^53.
   */
  read(name: string): Promise<Numbers>;
}

/**
 * Opens a safetensors file: reads and checks its header, but no tensor.
 *
 * The header's length is compared with the file's size before anything is allocated, and every tensor's offsets, type and
 * shape with the data, so a file cannot make its reader allocate more than its size.
 *
 * @throws TypeError if `source` is not a {@link ByteSource}. RangeError that names the file, the tensor and the problem; a
 * `.pth`, a Git LFS pointer, an HTML page and the like are recognized.
 * @see https://github.com/huggingface/safetensors#format
 *
 * @example
 * const file = await openSafetensors(blobSource(blob));
 * for (const { name, dtype, shape } of file.tensors.values()) report(name, dtype, shape);
 * const bias = await file.read("head.bias");
 */
export async function openSafetensors(source: ByteSource): Promise<Safetensors> {
  requireArguments("openSafetensors", { source }, { source: BYTE_SOURCE });
  const { name, size } = source;
  const fail = (problem: string, begin?: Uint8Array) => {
    const found = begin && foreignFormat(begin);
    const message = found === undefined ? problem : `expected safetensors, got ${found}`;
    return new RangeError(`openSafetensors: ${name}: ${message}`);
  };
  if (!(size >= 8)) throw fail(`expected a header's length in 8 bytes, got a file of ${size}`);
  const start = await readExactly(source, 0, 8);
  const claimed = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(HEADER_LIMIT, size - 8);
  if (claimed > limit) {
    const more = await source.read(8, Math.min(size, FORMAT_BYTES) - 8).catch(() => new Uint8Array(0));
    const problem = `expected a header of at most ${limit} bytes in a file of ${size}, got ${claimed}`;
    throw fail(problem, joined([start, more]));
  }
  const data = 8 + Number(claimed);
  const bytes = await readExactly(source, 8, data - 8);
  let header: ReturnType<typeof parseHeader>;
  try {
    header = parseHeader(bytes, size - data);
  } catch (error) {
    throw fail((error as Error).message, joined([start, bytes.subarray(0, FORMAT_BYTES)]));
  }
  return {
    name,
    ...header,
    async read(tensor) {
      const info = header.tensors.get(tensor);
      if (!info) throw new RangeError(`read: ${name}: there is no tensor ${quoted(tensor)}`);
      const raw = await readExactly(source, data + info.begin, info.end - info.begin);
      try {
        return decode(info.dtype, raw);
      } catch (error) {
        throw new RangeError(`read: ${name}: tensor ${quoted(tensor)}: ${(error as Error).message}`);
      }
    },
  };
}

async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new RangeError(`${source.name}: expected ${length} bytes at ${offset}, got ${bytes.byteLength}`);
  }
  return bytes;
}

import { type Checks, check, LIST, oneOf, optional, requireArguments, requireOptions } from "known-options";
import type { FloatDtype, WrittenDtype } from "./dtype.ts";
import { elements } from "./elements.ts";
import { toBfloat16, toFloat16 } from "./half.ts";
import { HEADER_LIMIT } from "./header.ts";
import { joined } from "./joined.ts";
import { listed, quoted } from "./quoted.ts";

/** A tensor to write. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Type of float32 data in the file. Default `"F32"`. F16 and BF16 round to the nearest, ties to even. */
  readonly dtype?: FloatDtype;
  /**
   * Values, row-major. Int32 and uint8 values are written as I32 and U8. A function is called when the tensor is written, and
   * returns float32.
   */
  readonly data: Float32Array | Int32Array | Uint8Array | (() => Float32Array | Promise<Float32Array>);
}

/** Options of the writers. */
export interface WriteOptions {
  /** The file's `__metadata__`; transformers expects `{ format: "pt" }` in PyTorch's files. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Order of the tensors: as given, or sorted as by the official writer. Default `"sorted"`. */
  readonly order?: "sorted" | "given";
}

/** Checks of {@link WriteOptions}. */
export const WRITE_CHECKS: Checks<WriteOptions> = {
  metadata: optional(check("an object of strings", isObjectOfStrings)),
  order: optional(oneOf("sorted", "given")),
};

/** Rank in the official writer's order, and bytes per element. */
const RANK = { U8: 0, F16: 1, BF16: 2, I32: 3, F32: 4 } as const;
const BYTES = { U8: 1, F16: 2, BF16: 2, I32: 4, F32: 4 } as const;

/**
 * Writes a safetensors file as chunks: the header, then one per tensor. The bytes equal the official writer's (larger types
 * first, names in order, the header padded to a multiple of 8).
 *
 * @throws TypeError for an argument of the wrong type. RangeError before the first chunk if a name appears twice or a shape is
 * not valid; later if data does not fit its shape, or a finite number is too large for a 16-bit type.
 * @see https://github.com/huggingface/safetensors
 *
 * @example
 * const tensor = { name: "bias", shape: [2], data: Float32Array.of(1, 2) };
 * for await (const chunk of safetensorsChunks([tensor])) await writer.write(chunk);
 */
export async function* safetensorsChunks(
  tensors: readonly TensorToWrite[],
  options: WriteOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  requireOptions("safetensors", options, WRITE_CHECKS);
  requireArguments("safetensors", { tensors }, { tensors: LIST });
  const typed = tensors.map((tensor) => ({ ...tensor, dtype: dtypeOf(tensor) }));
  const sorted =
    options.order === "given"
      ? typed
      : typed.sort((a, b) => RANK[b.dtype] - RANK[a.dtype] || compareBytes(a.name, b.name));
  yield header(sorted, options);
  for (const { name, shape, dtype, data } of sorted) {
    const values = typeof data === "function" ? await data() : data;
    if (values.length !== elements(shape)) {
      throw new RangeError(
        `safetensors: tensor ${quoted(name)}: ${listed(shape)} does not hold ${values.length} numbers`,
      );
    }
    yield encode(name, dtype, values);
  }
}

/**
 * Returns a whole safetensors file in memory; for large models see {@link safetensorsChunks}.
 *
 * @example
 * const blob = new Blob([await safetensorsBytes([{ name: "bias", shape: [2], data: Float32Array.of(1, 2) }])]);
 */
export async function safetensorsBytes(
  tensors: readonly TensorToWrite[],
  options: WriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors, options)) chunks.push(chunk);
  return joined(chunks);
}

type Typed = Omit<TensorToWrite, "dtype"> & { readonly dtype: WrittenDtype };

const OF_FLOATS: readonly unknown[] = ["F32", "F16", "BF16"] satisfies readonly FloatDtype[];

function dtypeOf({ name, dtype = "F32", data }: TensorToWrite): WrittenDtype {
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint8Array) return "U8";
  if (OF_FLOATS.includes(dtype)) return dtype;
  throw new RangeError(`safetensors: tensor ${quoted(name)}: dtype must be F32, F16 or BF16, got ${dtype}`);
}

/** Whether a value is valid metadata; readers reject any other. */
function isObjectOfStrings(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one === "string");
}

function header(tensors: readonly Typed[], options: WriteOptions): Uint8Array<ArrayBuffer> {
  const { metadata } = options;
  const entries = new Map<string, string>();
  let end = 0;
  for (const { name, shape, dtype } of tensors) {
    const label = `safetensors: tensor ${quoted(name)}`;
    if (entries.has(name) || name === "__metadata__") throw new RangeError(`${label}: the name is taken`);
    if (!shape.every((side) => Number.isSafeInteger(side) && side >= 0))
      throw new RangeError(`${label}: expected whole sides, got ${dtype} ${listed(shape)}`);
    const begin = end;
    end += elements(shape) * BYTES[dtype];
    entries.set(name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] }));
  }
  const parts = [...entries].map(([name, entry]) => `${JSON.stringify(name)}:${entry}`);
  if (metadata) parts.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const text = new TextEncoder().encode(`{${parts.join()}}`);
  const length = Math.ceil(text.byteLength / 8) * 8;
  if (length > HEADER_LIMIT)
    throw new RangeError(`safetensors: expected a header of at most ${HEADER_LIMIT} bytes, got ${length}`);
  const bytes = new Uint8Array(8 + length).fill(0x20); // spaces
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

function encode(
  name: string,
  dtype: WrittenDtype,
  values: Float32Array | Int32Array | Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (dtype !== "F16" && dtype !== "BF16") return new Uint8Array(values.slice().buffer);
  const [round, infinity] = dtype === "F16" ? [toFloat16, 0x7c00] : [toBfloat16, 0x7f80];
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    halves[i] = round(values[i]!);
    if ((halves[i]! & 0x7fff) === infinity && Number.isFinite(values[i])) {
      throw new RangeError(`safetensors: tensor ${quoted(name)}: ${values[i]} is too large for ${dtype}`);
    }
  }
  return new Uint8Array(halves.buffer);
}

/** Compares strings by code points, the order of their UTF-8 bytes; JavaScript compares UTF-16. */
function compareBytes(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

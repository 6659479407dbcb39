/** A tensor on the host. */
export interface HostTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What a checkpoint's file holds. */
export interface TensorFile {
  /** Plain data; infinite numbers and NaN are kept. */
  readonly state: unknown;
  readonly tensors: readonly HostTensor[];
}

interface Entry {
  readonly dtype: "F32" | "I32" | "U8";
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const FORMAT = "distill-trainer checkpoint 1";
/** The last entry: SHA-256 of every byte before its own. */
const CHECKSUM = "sha256";
const CHECKSUM_BYTES = 32;
const LENGTH_BYTES = 8;

/**
 * A checkpoint as one file, which is also a valid safetensors file: any reader of those finds the tensors.
 *
 * Layout: u64 header length; header (JSON, padded with spaces to a multiple of 8); the tensors' bytes, one after the other,
 * little-endian; 32 bytes SHA-256 of all that. The header has an entry `{dtype, shape, data_offsets}` a tensor, the last
 * one for the checksum, and `__metadata__` with `format` and `state`, JSON in a string.
 *
 * @see https://huggingface.co/docs/safetensors/index#format
 */
export async function encodeTensorFile({ state, tensors }: TensorFile): Promise<Uint8Array<ArrayBuffer>> {
  const header: Record<string, unknown> = {
    __metadata__: { format: FORMAT, state: JSON.stringify(state, packNumber) },
  };
  let end = 0;
  const add = (name: string, dtype: Entry["dtype"], shape: readonly number[], bytes: number): void => {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] } satisfies Entry;
    end += bytes;
  };
  for (const { name, shape, data } of tensors) {
    add(name, data instanceof Float32Array ? "F32" : "I32", shape, data.byteLength);
  }
  add(CHECKSUM, "U8", [CHECKSUM_BYTES], CHECKSUM_BYTES);

  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = LENGTH_BYTES + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.fill(0x20, LENGTH_BYTES, start);
  file.set(text, LENGTH_BYTES);
  let offset = start;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  file.set(await sha256(file.subarray(0, offset)), offset);
  return file;
}

/**
 * Reads what {@link encodeTensorFile} made. The tensors are copies.
 *
 * @throws Error saying what is wrong if one byte is missing or another.
 */
export async function decodeTensorFile(file: Uint8Array<ArrayBuffer>): Promise<TensorFile> {
  const least = LENGTH_BYTES + CHECKSUM_BYTES;
  if (file.length < least) throw new Error(`expected at least ${least} bytes, got ${file.length}`);
  const body = file.length - CHECKSUM_BYTES;
  const found = await sha256(file.subarray(0, body));
  if (!found.every((byte, i) => byte === file[body + i])) {
    throw new Error(`its ${file.length} bytes do not have the checksum that stands at their end`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (start > body)
    throw new Error(`expected a header within ${file.length} bytes, got one that ends at ${start}`);
  const header = objectOf("a header", new TextDecoder().decode(file.subarray(LENGTH_BYTES, start)));
  const { __metadata__: metadata, ...entries } = header as Record<string, unknown> & {
    __metadata__?: { format?: unknown; state?: unknown };
  };
  if (metadata?.format !== FORMAT) {
    throw new Error(`expected the format '${FORMAT}', got '${String(metadata?.format).slice(0, 60)}'`);
  }
  const tensors = Object.entries(entries)
    .filter(([name]) => name !== CHECKSUM)
    .map(([name, entry]) => {
      const { dtype, shape, data_offsets } = entryOf(name, entry, body - start);
      const [from, to] = data_offsets;
      const { buffer } = file.slice(start + from, start + to); // a copy begins where float32 may begin
      return { name, shape, data: dtype === "F32" ? new Float32Array(buffer) : new Int32Array(buffer) };
    });
  return { state: objectOf("a state", String(metadata.state), unpackNumber), tensors };
}

function objectOf(what: string, text: string, revive?: (key: string, value: unknown) => unknown): object {
  let value: unknown;
  try {
    value = JSON.parse(text, revive);
  } catch {
    throw new Error(`expected ${what} in JSON, got '${text.slice(0, 60)}'`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`expected ${what} that is an object, got '${text.slice(0, 60)}'`);
}

/** @throws Error unless it is a float32 or int32 tensor that fills a part of `size` bytes. */
function entryOf(name: string, entry: unknown, size: number): Entry {
  const { dtype, shape, data_offsets: place } = (entry ?? {}) as Partial<Entry>;
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
  if ((dtype === "F32" || dtype === "I32") && isList(shape) && isList(place) && place.length === 2) {
    const [from, to] = place;
    const bytes = shape.reduce((product, side) => product * side, 4);
    if (to <= size && to - from === bytes) return { dtype, shape, data_offsets: place };
  }
  const got = JSON.stringify(entry)?.slice(0, 100);
  throw new Error(`expected float32 or int32 within ${size} bytes as '${name.slice(0, 60)}', got ${got}`);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** JSON has no NaN and no infinity. */
function packNumber(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : value;
}

function unpackNumber(_: string, value: unknown): unknown {
  const packed = (value as { $number?: string } | null)?.$number;
  return packed === undefined ? value : Number(packed);
}

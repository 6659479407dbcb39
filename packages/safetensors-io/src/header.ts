import { bitsOf, type Dtype, isDtype } from "./dtype.ts";
import { elements } from "./elements.ts";
import { HeaderScanner } from "./header-scanner.ts";
import { listed, quoted } from "./quoted.ts";

/** Limit of the header's length in bytes, the format's own. */
export const HEADER_LIMIT = 100_000_000;

/** Name, type, shape and location of a tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Offset of the first byte, from the end of the header. */
  readonly begin: number;
  /** Offset after the last byte. */
  readonly end: number;
}

/** A checked header. */
export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** Tensors in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** Parses and checks a header. Errors do not name the file. */
export function parseHeader(bytes: Uint8Array, dataSize: number): Header {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new RangeError("expected a header in UTF-8");
  }
  const scanner = new HeaderScanner(text);
  let metadata = new Map<string, string>();
  const found: TensorInfo[] = [];
  scanner.object("the header", (name) => {
    if (name === "__metadata__") metadata = readMetadata(scanner);
    else found.push(readTensor(scanner, name, dataSize));
  });
  scanner.end();
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  requireNoHoles(found, dataSize);
  return { metadata, tensors: new Map(found.map((tensor) => [tensor.name, tensor])) };
}

function readMetadata(scanner: HeaderScanner): Map<string, string> {
  return scanner.object("__metadata__", (key) => scanner.string("__metadata__", key));
}

function readTensor(scanner: HeaderScanner, name: string, dataSize: number): TensorInfo {
  const label = `tensor ${quoted(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object(label, (key) => {
    if (key === "dtype") dtype = scanner.string(`${label}: dtype`);
    else if (key === "shape") shape = scanner.integers(`${label}: shape`);
    else if (key === "data_offsets") offsets = scanner.integers(`${label}: data_offsets`);
    else throw new RangeError(`${label}: expected dtype, shape and data_offsets, got ${quoted(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "data_offsets";
    throw new RangeError(`${label}: ${missing} is missing`);
  }
  if (!isDtype(dtype)) throw new RangeError(`${label}: expected a known dtype, got ${quoted(dtype)}`);
  const [begin, end] = offsets as [number, number];
  if (offsets.length !== 2 || begin > end || end > dataSize) {
    throw new RangeError(
      `${label}: expected data_offsets [begin, end] within ${dataSize} bytes of data, got ${listed(offsets)}`,
    );
  }
  const size = (elements(shape) * bitsOf(dtype)) / 8;
  if (size !== end - begin) {
    throw new RangeError(
      `${label}: ${dtype} ${listed(shape)} takes ${size} bytes, its data_offsets ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Throws unless tensors cover all data: the format forbids gaps, which could hide anything. */
function requireNoHoles(tensors: readonly TensorInfo[], dataSize: number): void {
  let end = 0;
  let before = "the header";
  for (const tensor of tensors) {
    const label = `tensor ${quoted(tensor.name)}`;
    if (tensor.begin < end) throw new RangeError(`${label}: overlaps ${before}, which ends at byte ${end}`);
    if (tensor.begin > end) {
      throw new RangeError(`${label}: begins at byte ${tensor.begin}, but ${before} ends at ${end}`);
    }
    end = tensor.end;
    before = label;
  }
  if (end !== dataSize)
    throw new RangeError(`expected ${end} bytes of data after the header, got ${dataSize}`);
}

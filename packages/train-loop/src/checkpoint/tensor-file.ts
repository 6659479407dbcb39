import { bytesSource, openSafetensors, quoted, safetensorsBytes } from "safetensors-io";
import { packNumber, unpackNumber } from "../json-numbers.ts";

/** A tensor on the host. */
export interface HostTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Contents of a checkpoint's file. */
export interface TensorFile {
  /** State of the run as plain data; infinities and NaN are kept. */
  readonly state: unknown;
  readonly tensors: readonly HostTensor[];
}

const FORMAT = "distill-trainer checkpoint 1";
/** Name of the last tensor, the SHA-256 of all bytes before it. */
const CHECKSUM = "sha256";
const CHECKSUM_BYTES = 32;

/**
 * Encodes a checkpoint as a safetensors file: the tensors in order, `__metadata__` with `format` and `state` (JSON), and last
 * a tensor `sha256` of 32 bytes, the SHA-256 of all bytes before it.
 */
export async function encodeTensorFile({ state, tensors }: TensorFile): Promise<Uint8Array<ArrayBuffer>> {
  const checksum = { name: CHECKSUM, shape: [CHECKSUM_BYTES], data: new Uint8Array(CHECKSUM_BYTES) };
  const file = await safetensorsBytes([...tensors, checksum], {
    metadata: { format: FORMAT, state: JSON.stringify(state, packNumber) },
    order: "given",
  });
  const body = file.length - CHECKSUM_BYTES;
  file.set(await sha256(file.subarray(0, body)), body);
  return file;
}

/**
 * Decodes a file of {@link encodeTensorFile}; tensors are copied.
 *
 * @throws Error that describes the problem if any byte is missing or changed.
 */
export async function decodeTensorFile(file: Uint8Array<ArrayBuffer>): Promise<TensorFile> {
  const least = 8 + CHECKSUM_BYTES;
  if (file.length < least) throw new Error(`expected at least ${least} bytes, got ${file.length}`);
  const body = file.length - CHECKSUM_BYTES;
  const found = await sha256(file.subarray(0, body));
  if (!found.every((byte, i) => byte === file[body + i])) {
    throw new Error(`its ${file.length} bytes do not match the checksum at their end`);
  }
  const opened = await openSafetensors(bytesSource(file, "checkpoint"));
  const format = opened.metadata.get("format");
  if (format !== FORMAT)
    throw new Error(`expected the format '${FORMAT}', got '${String(format).slice(0, 60)}'`);
  const tensors: HostTensor[] = [];
  for (const { name, shape, dtype } of opened.tensors.values()) {
    if (name === CHECKSUM) continue;
    if (dtype !== "F32" && dtype !== "I32")
      throw new Error(`expected float32 or int32 as ${quoted(name)}, got ${dtype}`);
    tensors.push({ name, shape, data: (await opened.read(name)) as HostTensor["data"] });
  }
  return { state: stateOf(String(opened.metadata.get("state"))), tensors };
}

function stateOf(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text, unpackNumber);
  } catch {
    throw new Error(`expected a state in JSON, got '${text.slice(0, 60)}'`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`expected a state that is an object, got '${text.slice(0, 60)}'`);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

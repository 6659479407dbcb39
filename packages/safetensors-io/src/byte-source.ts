import {
  BYTES,
  type Check,
  type Checks,
  check,
  having,
  integerFrom,
  optional,
  requireArguments,
  requireOptions,
  STRING,
} from "known-options";

/** Bytes that can be read at any offset, or at least in ascending order. */
export interface ByteSource {
  /** Name in errors, such as a path or URL. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** Reads exactly `length` bytes from `offset`, or rejects. The result may be a view; do not write to it. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Returns a source over bytes in memory, which are not copied.
 *
 * @example
 * const bytes = await safetensorsBytes([{ name: "bias", shape: [2], data: Float32Array.of(1, 2) }]);
 * const file = await openSafetensors(bytesSource(bytes));
 */
export function bytesSource(bytes: Uint8Array, name = "safetensors bytes"): ByteSource {
  requireArguments("bytesSource", { bytes }, { bytes: BYTES });
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      requireRange(this, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/**
 * Returns a source over a `Blob` or `File`; each read fetches its own range only.
 *
 * @example
 * const file = await openSafetensors(blobSource(blob)); // such as a file that a user picked
 */
export function blobSource(blob: Blob, name: string = blob instanceof File ? blob.name : "blob"): ByteSource {
  requireArguments("blobSource", { blob }, { blob: check("a Blob", (value) => value instanceof Blob) });
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      requireRange(this, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Options of {@link streamSource}. */
export interface StreamSourceOptions {
  /** Length of the stream in bytes, such as a response's `content-length`. */
  readonly size: number;
  /** Name in errors. Default `"stream"`. */
  readonly name?: string;
}

const STREAM_CHECKS: Checks<StreamSourceOptions> = { size: integerFrom(0), name: optional(STRING) };

/**
 * Returns a source over a stream, which is read once and in order: read tensors in the file's order, that of
 * `Safetensors.tensors`. At most one chunk of the stream is buffered.
 *
 * @param stream - Locked from the first read on.
 *
 * @example
 * ```ts norun
 * const url = "https://example.org/model.safetensors";
 * const response = await fetch(url);
 * const size = Number(response.headers.get("content-length"));
 * const file = await openSafetensors(streamSource(response.body!, { size, name: url }));
 * ```
 */
export function streamSource(stream: ReadableStream<Uint8Array>, options: StreamSourceOptions): ByteSource {
  requireOptions("streamSource", options, STREAM_CHECKS);
  const { size, name = "stream" } = options;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  let position = 0;

  /** Passes the next `count` bytes to `take`, piece by piece. */
  async function pull(count: number, take: (piece: Uint8Array) => void): Promise<void> {
    let left = count;
    while (left > 0) {
      if (rest.byteLength === 0) {
        reader ??= stream.getReader();
        const { value, done } = await reader.read();
        if (done) throw new RangeError(`${name}: expected ${size} bytes, the stream ended after ${position}`);
        rest = value;
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.byteLength);
      position += piece.byteLength;
      left -= piece.byteLength;
      take(piece);
    }
  }

  return {
    name,
    size,
    async read(offset, length) {
      requireRange(this, offset, length);
      if (offset < position) {
        throw new RangeError(`${name}: a stream is read in order, got byte ${offset} after byte ${position}`);
      }
      await pull(offset - position, () => {});
      const bytes = new Uint8Array(length);
      let filled = 0;
      await pull(length, (piece) => {
        bytes.set(piece, filled);
        filled += piece.byteLength;
      });
      return bytes;
    },
  };
}

/** A {@link ByteSource}. */
export const BYTE_SOURCE: Check = having(
  "a ByteSource { name, size, read }",
  ({ size, read }) => typeof size === "number" && typeof read === "function",
);

/** Throws a RangeError if a range is not inside the source. */
export function requireRange({ name, size }: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new RangeError(`${name}: expected a range within ${size} bytes, got ${length} from byte ${offset}`);
  }
}

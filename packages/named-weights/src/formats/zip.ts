import { type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { requireArguments } from "known-options";
import { BYTE_SOURCE, type ByteSource, quoted, requireRange } from "safetensors-io";

/** A file of a zip archive, decompressed in order; reading backwards starts again. */
export interface ZipMember extends ByteSource {
  /**
   * Reads a range of a file that is not compressed, at once and without the checksum; absent if it is compressed.
   *
   * @throws RangeError if the archive contradicts itself.
   */
  readonly readStored?: ByteSource["read"];
  /** Ends decompression. */
  close(): Promise<void>;
}

/** Deflate's largest compression ratio: 258 bytes for two bits. */
const DEFLATE_LIMIT = 1032;
const SLACK = 64;

/**
 * Opens the files of a zip archive by path. Declared sizes are compared with the archive's before anything is read.
 *
 * @throws RangeError if it is not a zip archive, its parts contradict each other, or a file is encrypted or declares more bytes
 * than it can contain.
 */
export async function openZip(source: ByteSource): Promise<Map<string, ZipMember>> {
  requireArguments("openZip", { source }, { source: BYTE_SOURCE });
  return zipMembers(source, "strict"); // names and counts have no checksum, but are stored twice
}

/**
 * Opens the files of a zip archive by path, as {@link openZip}.
 *
 * @param strictness - `"balanced"`: counts and places of the directory need not agree, as in PyTorch's archives, which have those of
 * ZIP64 without need; names must.
 */
export async function zipMembers(
  source: ByteSource,
  strictness: "strict" | "balanced",
): Promise<Map<string, ZipMember>> {
  const reader = new ZipReader(new SourceReader(source), {
    ...{ useWebWorkers: false, checkSignature: true, strictness, checkLocalFilename: true },
    filenameValidation: "balanced",
  });
  const members = new Map<string, ZipMember>();
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const { filename, compressedSize, uncompressedSize, encrypted } = entry;
      if (entry.directory) {
        if (filename.endsWith("/") && uncompressedSize === 0) continue;
        throw new RangeError(`${quoted(filename)} is marked as a folder`);
      }
      const limit = entry.compressionMethod === 0 ? compressedSize : compressedSize * DEFLATE_LIMIT + SLACK;
      const label = quoted(filename);
      if (encrypted) throw new RangeError(`${label} is encrypted`);
      if (compressedSize > source.size || uncompressedSize > limit) {
        throw new RangeError(
          `${label} claims ${uncompressedSize} bytes, of which there are ${compressedSize}`,
        );
      }
      if (members.has(filename)) throw new RangeError(`there are two files ${label}`);
      members.set(filename, member(entry, source, `${source.name}: ${label}`));
    }
  } catch (cause) {
    throw new RangeError(`${source.name}: expected a zip archive, got: ${(cause as Error).message}`, {
      cause,
    });
  }
  return members;
}

/**
 * Ends decompression of all members. Each occupies one of zip.js' few streams; when all are taken, the next read waits for
 * seconds.
 */
export async function closeAll(members: ReadonlyMap<string, ZipMember>): Promise<void> {
  for (const member of members.values()) await member.close();
}

function member(entry: FileEntry, source: ByteSource, name: string): ZipMember {
  const size = entry.uncompressedSize;
  let stream: MemberStream | undefined;
  const isStored = entry.compressionMethod === 0 && entry.compressedSize === size;
  return {
    name,
    size,
    ...(isStored && { readStored: storedReader(entry, source, name) }),
    async read(offset, length) {
      requireRange(this, offset, length);
      if (stream === undefined || offset < stream.position) {
        await stream?.cancel();
        stream = new MemberStream(entry, name);
      }
      await stream.take(offset - stream.position, () => {});
      const bytes = new Uint8Array(length);
      let filled = 0;
      await stream.take(length, (piece) => {
        bytes.set(piece, filled);
        filled += piece.length;
      });
      if (offset + length === size) {
        await stream.end();
        stream = undefined;
      }
      return bytes;
    },
    async close() {
      await stream?.cancel();
      stream = undefined;
    },
  };
}

const LOCAL_HEADER = 30;

/** Returns the function that reads a file's bytes where they lie. */
function storedReader(entry: FileEntry, source: ByteSource, name: string): ByteSource["read"] {
  const { offset: header, uncompressedSize: size } = entry;
  let begin: number | undefined;
  return async (offset, length) => {
    requireRange({ name, size } as ByteSource, offset, length);
    if (begin === undefined) {
      if (header + LOCAL_HEADER > source.size)
        throw new RangeError(`${name}: expected a header at ${header}`);
      const local = await source.read(header, LOCAL_HEADER);
      const view = new DataView(local.buffer, local.byteOffset, LOCAL_HEADER);
      const data = header + LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
      if (view.getUint32(0, true) !== 0x04034b50 || data + size > source.size)
        throw new RangeError(`${name}: expected ${size} bytes after a header at ${header}`);
      begin = data;
    }
    return source.read(begin + offset, length);
  };
}

/** Decompressed bytes of one file, in order. */
class MemberStream {
  position = 0;
  readonly #name: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #done: Promise<unknown>;
  #rest = new Uint8Array(0);

  constructor(entry: FileEntry, name: string) {
    let failed = (_: unknown): void => {};
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        failed = (error) => controller.error(error);
      },
    });
    this.#name = name;
    this.#reader = readable.getReader();
    this.#done = entry.getData(writable);
    this.#done.catch(failed); // a failure before the first byte does not reach the stream by itself
  }

  /** Passes the next `count` bytes to `use`, piece by piece. */
  async take(count: number, use: (piece: Uint8Array) => void): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0) await this.#next();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      this.position += piece.length;
      left -= piece.length;
      use(piece);
    }
  }

  /** Checks that the end is reached, and the checksum. */
  async end(): Promise<void> {
    const { done } = this.#rest.length > 0 ? { done: false } : await this.#read();
    if (!done) {
      await this.cancel();
      throw new RangeError(`${this.#name}: expected ${this.position} bytes, got more`);
    }
    await this.#done.catch((error: Error) => {
      throw this.#broken(error);
    });
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.#done.catch(() => {});
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#read();
    if (done) throw new RangeError(`${this.#name}: ended after ${this.position} bytes`);
    this.#rest = value as Uint8Array<ArrayBuffer>;
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await this.#reader.read();
    } catch (error) {
      throw this.#broken(error as Error);
    }
  }

  #broken(cause: Error): RangeError {
    return new RangeError(`${this.#name}: could not be unpacked: ${cause.message}`, { cause });
  }
}

/** A byte source as zip.js' reader. */
class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super(source);
    this.#source = source;
    this.size = source.size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    return this.#source.read(index, Math.min(length, this.#source.size - index));
  }
}

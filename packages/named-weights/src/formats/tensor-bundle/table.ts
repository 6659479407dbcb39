import { crc32c, masked } from "masked-crc32c";
import type { ByteSource } from "safetensors-io";
import { Cursor } from "./protobuf-reader.ts";

const FOOTER = 48;
const MAGIC = [0xdb4775248b80fb57n & 0xffffffffn, 0xdb4775248b80fb57n >> 32n].map(Number);
/** Limit in bytes of a table, and of all its keys, whose shared prefixes would let a small file expand without end. */
const LIMIT = 100_000_000;
/** Bytes after a block: one for the compression, four for the CRC. */
const TRAILER = 5;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/**
 * Reads the pairs of a LevelDB table ("SSTable"), in order; every block's CRC is verified.
 *
 * Blocks must not overlap, so no more is read than the file has.
 *
 * @throws RangeError if it is not such a table, or is compressed, damaged or truncated.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export async function* readTable(
  source: ByteSource,
): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
  const fail = (problem: string) => new RangeError(`${source.name}: ${problem}`);
  if (source.size < FOOTER) throw fail(`expected a table, got ${source.size} bytes`);
  if (source.size > LIMIT) throw fail(`expected a table of at most ${LIMIT} bytes, got ${source.size}`);
  const footer = new Cursor(await source.read(source.size - FOOTER, FOOTER));
  const magic = new Cursor(footer.bytes, FOOTER - 8);
  if (magic.fixed32() !== MAGIC[0] || magic.fixed32() !== MAGIC[1])
    throw fail("expected a table, got another end");
  try {
    readHandle(footer); // of the filter index, which TensorFlow does not write
    const index = await readBlock(source, readHandle(footer));
    const keys = { left: LIMIT };
    let end = 0;
    for (const [, pointer] of pairs(index, keys)) {
      const handle = readHandle(new Cursor(pointer));
      if (handle.offset < end)
        throw new RangeError(`a block at ${handle.offset} overlaps one that ends at ${end}`);
      end = handle.offset + handle.size;
      yield* pairs(await readBlock(source, handle), keys);
    }
  } catch (cause) {
    throw fail(`is damaged: ${(cause as Error).message}`);
  }
}

function readHandle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

async function readBlock(source: ByteSource, { offset, size }: Handle): Promise<Uint8Array> {
  if (offset + size + TRAILER > source.size) {
    throw new RangeError(`expected a block within ${source.size} bytes, got ${size} from ${offset}`);
  }
  const bytes = await source.read(offset, size + TRAILER);
  const [compression] = bytes.subarray(size);
  if (compression !== 0)
    throw new RangeError(`expected a block without compression, got type ${compression}`);
  const stored = new Cursor(bytes, size + 1).fixed32();
  if (stored !== masked(crc32c(bytes.subarray(0, size + 1)))) {
    throw new RangeError(`the CRC of the block at ${offset} is wrong`);
  }
  return bytes.subarray(0, size);
}

/** Reads the pairs of a block; keys are stored without the prefix shared with the previous key. */
function* pairs(
  block: Uint8Array,
  keys: { left: number },
): Generator<readonly [key: string, value: Uint8Array]> {
  const restarts = new Cursor(block, Math.max(0, block.length - 4)).fixed32();
  const end = block.length - 4 - 4 * restarts;
  if (end < 0)
    throw new RangeError(`expected restarts within a block of ${block.length} bytes, got ${restarts}`);
  const cursor = new Cursor(block.subarray(0, end));
  let key = new Uint8Array(0);
  while (cursor.left > 0) {
    const [shared, own, length] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length) throw new RangeError(`a key shares ${shared} bytes with one of ${key.length}`);
    keys.left -= shared + own;
    if (keys.left < 0) throw new RangeError(`expected keys of at most ${LIMIT} bytes together`);
    const tail = cursor.take(own);
    const next = new Uint8Array(shared + own);
    next.set(key.subarray(0, shared));
    next.set(tail, shared);
    key = next;
    yield [new TextDecoder().decode(key), cursor.take(length)];
  }
}

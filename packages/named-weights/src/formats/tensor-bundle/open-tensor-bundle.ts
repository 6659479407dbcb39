import { having, requireArguments } from "known-options";
import { crc32c, masked } from "masked-crc32c";
import { BYTE_SOURCE, type ByteSource, listed, quoted } from "safetensors-io";
import { float32Bytes, float32Of, type NamedTensors, type StoredTensor } from "../named-tensors.ts";
import { type BundleEntry, FLOAT, readEntry, readShardCount, STRING } from "./entry.ts";
import { nameOfKey, OBJECT_GRAPH, readString, variableNames } from "./object-graph.ts";
import { readTable } from "./table.ts";

/** The files of a bundle. */
export interface TensorBundleFiles {
  /** The index, `….index`. */
  readonly index: ByteSource;
  /** Opens a shard, `….data-<shard>-of-<count>` with five digits each. */
  shard(shard: number, count: number): Promise<ByteSource>;
}

const MOST_SHARDS = 100_000;
/** Limit of the object graph in bytes, which a small zip could unpack into; those of real models take some MB. */
const MOST_NAMES = 100_000_000;

/**
 * Opens TensorFlow's format of weights (a TensorBundle): a checkpoint, or the `variables` of a SavedModel. Reads and checks
 * the index but no data; CRCs are verified as tensors are read.
 *
 * Only float32 tensors are listed, by the names of their variables if the checkpoint has them
 * (`resnet/root_block/standardized_conv2d/kernel`), otherwise by their keys (`layer_with_weights-1/kernel`).
 *
 * @throws RangeError that names the file, the tensor and what is wrong.
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/tensor_bundle/tensor_bundle.h
 *
 * @example
 * ```ts norun
 * import { fileSource } from "safetensors-io/node";
 *
 * const index = await fileSource("variables.index");
 * const file = await openTensorBundle({ index, shard: () => fileSource("variables.data-00000-of-00001") });
 * console.log(file.tensors.keys());
 * ```
 */
export async function openTensorBundle(files: TensorBundleFiles): Promise<NamedTensors> {
  requireArguments(
    "openTensorBundle",
    { files },
    {
      files: having(
        "{ index, shard }",
        ({ index, shard }) => BYTE_SOURCE.fits(index) && typeof shard === "function",
      ),
    },
  );
  const { index } = files;
  const entries = new Map<string, BundleEntry>();
  let count = 0;
  for await (const [key, value] of readTable(index)) {
    try {
      if (entries.has(key)) throw new RangeError("the key appears twice");
      if (key === "") count = readShardCount(value);
      else entries.set(key, readEntry(value));
    } catch (cause) {
      throw new RangeError(`${index.name}: ${quoted(key)}: ${(cause as Error).message}`, { cause });
    }
  }
  if (!(count >= 1 && count <= MOST_SHARDS))
    throw new RangeError(`${index.name}: expected shards, got ${count}`);

  const opened = new Map<number, Promise<ByteSource>>();
  const bytesOf = async (key: string, entry: BundleEntry): Promise<Uint8Array> => {
    const { shard, offset, size } = entry;
    const where = `${index.name}: tensor ${quoted(key)}`;
    if (shard >= count) throw new RangeError(`${where}: expected a shard below ${count}, got ${shard}`);
    if (!opened.has(shard)) opened.set(shard, files.shard(shard, count));
    const data = await opened.get(shard)!;
    if (offset + size > data.size) {
      throw new RangeError(
        `${where}: expected ${size} bytes at ${offset} of ${data.name}, which has ${data.size}`,
      );
    }
    return data.read(offset, size);
  };

  const tensors = new Map<string, StoredTensor & { readonly key: string; readonly entry: BundleEntry }>();
  const names = await namesOf(entries, index.name, bytesOf);
  for (const [key, entry] of [...entries].sort(([, a], [, b]) => a.shard - b.shard || a.offset - b.offset)) {
    if (entry.dtype !== FLOAT) continue;
    const { shape, size, sliced } = entry;
    const where = `${index.name}: tensor ${quoted(key)}`;
    if (sliced) throw new RangeError(`${where}: expected a whole tensor, got one stored in slices`);
    if (float32Bytes(shape) !== size) {
      throw new RangeError(
        `${where}: float32 ${listed(shape)} takes ${float32Bytes(shape)} bytes, got ${size}`,
      );
    }
    const own = names.get(key) ?? nameOfKey(key);
    const name = tensors.has(own) ? key : own;
    if (tensors.has(name)) throw new RangeError(`${where}: its name is taken by another`);
    tensors.set(name, { name, shape, key, entry });
  }
  return {
    name: index.name,
    tensors,
    async read(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new RangeError(`read: ${index.name}: there is no tensor ${quoted(name)}`);
      const bytes = await bytesOf(tensor.key, tensor.entry);
      if (masked(crc32c(bytes)) !== tensor.entry.crc) {
        throw new RangeError(`read: ${index.name}: the CRC of tensor ${quoted(name)} is wrong`);
      }
      return float32Of(bytes);
    },
  };
}

async function namesOf(
  entries: ReadonlyMap<string, BundleEntry>,
  file: string,
  bytesOf: (key: string, entry: BundleEntry) => Promise<Uint8Array>,
): Promise<Map<string, string>> {
  const entry = entries.get(OBJECT_GRAPH);
  if (entry?.dtype !== STRING) return new Map();
  if (entry.size > MOST_NAMES) {
    throw new RangeError(`${file}: expected names of at most ${MOST_NAMES} bytes, got ${entry.size}`);
  }
  const bytes = await bytesOf(OBJECT_GRAPH, entry);
  try {
    return variableNames(readString(bytes, entry));
  } catch (cause) {
    throw new RangeError(`${file}: ${OBJECT_GRAPH} is damaged: ${(cause as Error).message}`, { cause });
  }
}

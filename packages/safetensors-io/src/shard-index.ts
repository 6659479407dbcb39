import { BYTES, requireArguments } from "known-options";
import { HeaderScanner } from "./header-scanner.ts";
import { quoted } from "./quoted.ts";

/** The index of a checkpoint in several files. */
export interface ShardIndex {
  /** The index' `metadata.total_size`: bytes of all tensors together. */
  readonly totalSize?: number;
  /** Names of the tensors of each file, in the order of the index. */
  readonly shards: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads a `model.safetensors.index.json` or `pytorch_model.bin.index.json`, with which transformers, timm and others split a
 * checkpoint into several files. No file is opened.
 *
 * @param bytes - The whole index.
 * @throws RangeError if it is not such an index, lists a tensor twice, or names a file that is not in its own folder. The
 * message does not name the index.
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/serialization
 *
 * @example
 * const text = '{"metadata": {"total_size": 8}, "weight_map": {"bias": "model-00001-of-00001.safetensors"}}';
 * const { shards } = readShardIndex(new TextEncoder().encode(text));
 * console.log([...shards.keys()]); // [ 'model-00001-of-00001.safetensors' ]
 */
export function readShardIndex(bytes: Uint8Array): ShardIndex {
  requireArguments("readShardIndex", { bytes }, { bytes: BYTES });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError("expected an index in UTF-8");
  }
  const scanner = new HeaderScanner(text, "the index");
  let places: ReadonlyMap<string, string> | undefined;
  let totalSize: number | undefined;
  scanner.object("the index", (key) => {
    if (key === "weight_map") places = scanner.object(key, (tensor) => scanner.string("weight_map", tensor));
    else if (key === "metadata") totalSize = totalSizeOf(scanner.value(key));
    else scanner.value(key);
  });
  scanner.end();
  if (places === undefined)
    throw new RangeError('expected the index of a checkpoint, got none of its "weight_map"');
  if (places.size === 0) throw new RangeError("expected tensors in weight_map, got none");
  const shards = new Map<string, string[]>();
  for (const [tensor, shard] of places) {
    if (!isInFolder(shard))
      throw new RangeError(
        `weight_map ${quoted(tensor)}: expected the name of a file in the index' folder, got ${quoted(shard)}`,
      );
    const own = shards.get(shard);
    if (own === undefined) shards.set(shard, [tensor]);
    else own.push(tensor);
  }
  return { shards, ...(totalSize !== undefined && { totalSize }) };
}

/** Whether a name stays in its folder on every system: no path, no drive, no device. */
function isInFolder(name: string): boolean {
  return /^[^/\\:\p{Cc}]{1,255}$/u.test(name) && !/^\.+$/.test(name);
}

function totalSizeOf(text: string): number | undefined {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    throw new RangeError("metadata: expected JSON");
  }
  if (typeof metadata !== "object" || metadata === null || !Object.hasOwn(metadata, "total_size"))
    return undefined;
  const { total_size: size } = metadata as { readonly total_size: unknown };
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw new RangeError(`metadata: expected total_size in bytes, got ${quoted(JSON.stringify(size))}`);
}

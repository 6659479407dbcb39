import { having, requireArguments } from "known-options";
import {
  BYTE_SOURCE,
  type ByteSource,
  bitsOf,
  elements,
  openSafetensors,
  quoted,
  readShardIndex,
  type ShardIndex,
} from "safetensors-io";
import type { NamedTensors, StoredTensor } from "./named-tensors.ts";
import { openTorchCheckpoint } from "./torch/open-torch-checkpoint.ts";

/** The files of a checkpoint in several files. */
export interface ShardedFiles {
  /** `model.safetensors.index.json` or `pytorch_model.bin.index.json`. */
  readonly index: ByteSource;
  /** Opens a file that the index names; its name has no folder. */
  shard(name: string): Promise<ByteSource>;
}

const LARGEST_INDEX = 100_000_000;
const FILES = having(
  "{ index, shard }",
  ({ index, shard }) => BYTE_SOURCE.fits(index) && typeof shard === "function",
);

/**
 * Opens a checkpoint in several files by its index, as transformers, timm and huggingface_hub write it: safetensors, or PyTorch's
 * `.bin`. Reads and checks all headers but no tensor.
 *
 * Files, tensors and the index must agree: each tensor is in the file that the index names and in no other, and the sizes of safetensors
 * add up to `total_size`, where the index has it.
 *
 * @throws RangeError that names the index, the tensor and what is wrong; the error of `shard`; or as `openSafetensors` and
 * {@link openTorchCheckpoint}.
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/serialization
 *
 * @example
 * ```ts norun
 * import { blobSource } from "safetensors-io";
 *
 * const input = document.querySelector<HTMLInputElement>("input[type=file]")!;
 * const picked = new Map([...input.files!].map((file) => [file.name, file]));
 * const file = await openSharded({
 *   index: blobSource(picked.get("model.safetensors.index.json")!),
 *   shard: async (name) => blobSource(picked.get(name)!),
 * });
 * ```
 */
export async function openSharded(files: ShardedFiles): Promise<NamedTensors & { close(): Promise<void> }> {
  requireArguments("openSharded", { files }, { files: FILES });
  const { index } = files;
  const fail = (problem: string, cause?: unknown) => new RangeError(`${index.name}: ${problem}`, { cause });
  if (index.size > LARGEST_INDEX)
    throw fail(`expected an index of at most ${LARGEST_INDEX} bytes, got ${index.size}`);
  const bytes = await index.read(0, index.size);
  let listed: ShardIndex;
  try {
    listed = readShardIndex(bytes);
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  const opened: NamedTensors[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened) await file.close?.();
  };
  try {
    for (const name of listed.shards.keys()) opened.push(await openShard(name, await files.shard(name)));
    const tensors = collected(listed, opened, fail);
    return {
      name: index.name,
      tensors: new Map([...tensors].map(([name, { tensor }]) => [name, tensor])),
      ...(opened[0]?.metadata && { metadata: opened[0].metadata }),
      async read(name) {
        const found = tensors.get(name);
        if (found === undefined)
          throw new RangeError(`read: ${index.name}: there is no tensor ${quoted(name)}`);
        return found.file.read(name);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Placed {
  readonly tensor: StoredTensor;
  readonly file: NamedTensors;
}

/** Opens one of the files, by the ending of its name. */
async function openShard(name: string, source: ByteSource): Promise<NamedTensors> {
  return /\.(bin|pth|pt)$/.test(name) ? openTorchCheckpoint(source) : openSafetensors(source);
}

/** Compares the index with the files, and returns all tensors in the order of the files. */
function collected(
  { shards, totalSize }: ShardIndex,
  opened: readonly NamedTensors[],
  fail: (problem: string) => Error,
): Map<string, Placed> {
  const all = new Map<string, Placed>();
  const shardOf = new Map<string, string>();
  for (const [shard, names] of shards) for (const name of names) shardOf.set(name, shard);
  for (const [i, [shard, names]] of [...shards].entries()) {
    const file = opened[i]!;
    const missing = names.find((name) => !file.tensors.has(name));
    if (missing !== undefined) throw fail(`expected tensor ${quoted(missing)} in ${quoted(shard)}, got none`);
    for (const [name, tensor] of file.tensors) {
      const expected = shardOf.get(name);
      if (expected === undefined)
        throw fail(`${quoted(shard)} has the tensor ${quoted(name)}, which the index does not list`);
      if (expected !== shard)
        throw fail(`tensor ${quoted(name)} is in two files, ${quoted(expected)} and ${quoted(shard)}`);
      all.set(name, { tensor, file });
    }
  }
  const isSafetensors = [...shards.keys()].every((shard) => shard.endsWith(".safetensors"));
  if (totalSize === undefined || !isSafetensors) return all; // PyTorch's storages may be shared, and count once
  let size = 0;
  for (const { tensor } of all.values()) size += (elements(tensor.shape) * bitsOf(tensor.dtype ?? "F32")) / 8;
  if (size !== totalSize) throw fail(`expected total_size ${totalSize}, got tensors of ${size} bytes`);
  return all;
}

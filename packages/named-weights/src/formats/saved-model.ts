import { requireArguments } from "known-options";
import { BYTE_SOURCE, type ByteSource, quoted } from "safetensors-io";
import type { NamedTensors } from "./named-tensors.ts";
import { openTensorBundle } from "./tensor-bundle/open-tensor-bundle.ts";
import { closeAll, openZip } from "./zip.ts";

const INDEX = /(^|\/)variables\/variables\.index$/;

/** Returns the file name of a shard beside `variables.index`. */
export function shardName(shard: number, count: number): string {
  const digits = (n: number) => String(n).padStart(5, "0");
  return `variables.data-${digits(shard)}-of-${digits(count)}`;
}

/**
 * Opens the variables of a zipped TensorFlow SavedModel, such as the Keras example's `bit_teacher_flowers.zip`, without
 * TensorFlow. The graph is not read.
 *
 * The zip is unpacked as it is read: reading tensors in the order of `tensors` takes one pass.
 *
 * @throws RangeError if it is not a zip, does not contain exactly one SavedModel, or its variables are damaged.
 *
 * @example
 * ```ts norun
 * import { blobSource } from "safetensors-io";
 *
 * const file = await openSavedModelZip(blobSource(blob, "bit_teacher_flowers.zip"));
 * console.log(file.tensors.keys());
 * ```
 */
export async function openSavedModelZip(source: ByteSource): Promise<NamedTensors> {
  requireArguments("openSavedModelZip", { source }, { source: BYTE_SOURCE });
  const members = await openZip(source);
  const close = () => closeAll(members);
  try {
    return { ...(await variablesIn(source, members)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function variablesIn(
  source: ByteSource,
  members: ReadonlyMap<string, ByteSource>,
): Promise<NamedTensors> {
  const found = [...members.keys()].filter((path) => INDEX.test(path));
  if (found.length !== 1) {
    throw new RangeError(
      `openSavedModelZip: ${source.name}: expected one variables/variables.index, got ${found.length} of them`,
    );
  }
  const [path = ""] = found;
  const folder = path.slice(0, path.length - "variables.index".length);
  return openTensorBundle({
    index: members.get(path)!,
    async shard(shard, count) {
      const data = members.get(folder + shardName(shard, count));
      if (data !== undefined) return data;
      throw new RangeError(
        `openSavedModelZip: ${source.name}: ${quoted(folder)} has no ${shardName(shard, count)}`,
      );
    },
  });
}

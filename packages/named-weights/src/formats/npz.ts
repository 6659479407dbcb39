import { requireArguments } from "known-options";
import { BYTE_SOURCE, type ByteSource, listed, quoted } from "safetensors-io";
import { float32Bytes, float32Of, type NamedTensors, type StoredTensor } from "./named-tensors.ts";
import { readNpyHeader } from "./npy-header.ts";
import { closeAll, openZip, type ZipMember } from "./zip.ts";

/**
 * Opens a NumPy .npz archive, compressed or not, such as BiT's published weights. Reads all headers but no data; arrays are
 * float32. Checksums are verified as arrays are read.
 *
 * An array's shape is compared with its size in bytes before anything is allocated.
 *
 * @throws RangeError that names the file, the array and what is wrong.
 *
 * @example
 * ```ts norun
 * import { blobSource } from "safetensors-io";
 *
 * const file = await openNpz(blobSource(blob, "BiT-M-R50x1.npz"));
 * console.log(file.tensors.keys());
 * ```
 */
export async function openNpz(source: ByteSource): Promise<NamedTensors> {
  requireArguments("openNpz", { source }, { source: BYTE_SOURCE });
  const arrays = new Map<string, StoredTensor & { readonly begin: number; readonly member: ZipMember }>();
  const members = await openZip(source);
  for (const [path, member] of members) {
    const { shape, begin } = await readNpyHeader(member).finally(() => member.close());
    if (begin + float32Bytes(shape) !== member.size) {
      throw new RangeError(
        `${member.name}: expected ${float32Bytes(shape)} bytes for float32 ${listed(shape)}, got ${member.size - begin}`,
      );
    }
    const name = path.replace(/\.npy$/, "");
    arrays.set(name, { name, shape, begin, member });
  }
  return {
    name: source.name,
    tensors: arrays,
    async read(name) {
      const array = arrays.get(name);
      if (array === undefined)
        throw new RangeError(`read: ${source.name}: there is no array ${quoted(name)}`);
      const { member, begin } = array;
      return float32Of(await member.read(begin, member.size - begin));
    },
    close: () => closeAll(members),
  };
}

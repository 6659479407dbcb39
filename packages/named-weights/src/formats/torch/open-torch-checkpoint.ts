import { type Checks, optional, requireArguments, requireOptions, STRING } from "known-options";
import {
  BYTE_SOURCE,
  type ByteSource,
  bitsOf,
  type Dtype,
  decode,
  elements,
  listed,
  type Numbers,
  quoted,
} from "safetensors-io";
import type { NamedTensors, StoredTensor } from "../named-tensors.ts";
import { closeAll, type ZipMember, zipMembers } from "../zip.ts";
import { STATE_DICT } from "./rebuild.ts";
import { findStateDict } from "./state-dict.ts";
import { gathered, spanOf } from "./strided.ts";
import { unpickle } from "./unpickle.ts";
import type { TensorRecord, Value } from "./values.ts";

/** Options of {@link openTorchCheckpoint}. */
export interface TorchCheckpointOptions {
  /**
   * Key of the state dict in a training checkpoint. Default: the first there is of `state_dict_ema`, `model_ema`, `state_dict`,
   * `model`, as timm takes it, or else the checkpoint itself.
   */
  readonly part?: string;
}

/** An open PyTorch checkpoint. */
export interface TorchCheckpoint extends NamedTensors {
  /** Key of the state dict that was taken; `undefined` if the checkpoint is one. */
  readonly part: string | undefined;
  /** Number of the state dict's entries that are no tensors, such as a step; they are left out. */
  readonly others: number;
  read(name: string): Promise<Numbers>;
  close(): Promise<void>;
}

const CHECKS: Checks<TorchCheckpointOptions> = { part: optional(STRING) };
const LARGEST_PICKLE = 32_000_000;
const PIECE = 2 ** 20;
const AGAIN = "save it in Python with torch.save(state_dict, path)";

/** A tensor that was checked, and where its numbers are. */
interface Located extends StoredTensor {
  readonly dtype: Dtype;
  readonly record: TensorRecord;
  readonly member: ZipMember;
}

/**
 * Opens what PyTorch's `torch.save` writes: `.pth`, `.pt`, `.bin`, since PyTorch 1.6. Reads the names but no tensor; nothing of the
 * pickle is executed.
 *
 * The pickle may contain a state dict, or a dict that has one (`model`, `state_dict`, averaged ones), beside an optimizer's, numbers,
 * texts, and the `argparse.Namespace` of a training script, which are left out. Every other function and class is refused by its name,
 * and so are big-endian and TorchScript archives and the format before 1.6. Tensors may have strides and share storages. Sizes are
 * compared with the file's before memory is taken, and the CRC-32 of a storage as its tensors are read.
 *
 * @throws TypeError for an unknown option. RangeError that names the file, the tensor and what is wrong.
 * @see https://pytorch.org/docs/stable/notes/serialization.html
 *
 * @example
 * ```ts norun
 * import { blobSource } from "safetensors-io";
 *
 * const file = await openTorchCheckpoint(blobSource(blob, "deit_tiny_patch16_224-a1311bcf.pth"));
 * console.log(file.part, file.tensors.size); // model 152
 * ```
 */
export async function openTorchCheckpoint(
  source: ByteSource,
  options: TorchCheckpointOptions = {},
): Promise<TorchCheckpoint> {
  const { part: wanted } = requireOptions("openTorchCheckpoint", options, CHECKS);
  requireArguments("openTorchCheckpoint", { source }, { source: BYTE_SOURCE });
  const fail = (problem: string, cause?: unknown) => new RangeError(`${source.name}: ${problem}`, { cause });
  await requireZip(source, fail);
  const members = await zipMembers(source, "balanced");
  const files = archiveOf(members, fail);
  await requireLittleEndian(files, fail);
  const pickle = stored(files.get("data.pkl")!);
  if (pickle.size > LARGEST_PICKLE)
    throw fail(`expected a pickle of at most ${LARGEST_PICKLE} bytes, got ${pickle.size}`);
  const bytes = await pickle.read(0, pickle.size);
  const {
    part,
    tensors: records,
    others,
  } = attempt(() => {
    return findStateDict(unpickle(bytes, STATE_DICT) as Value, wanted);
  }, fail);
  const places = new Map([...files.keys()].map((path, i) => [path, i]));
  const located: Located[] = [];
  for (const [name, record] of records) {
    try {
      located.push(locate(name, record, files, source.size));
    } catch (error) {
      throw fail(`tensor ${quoted(name)}: ${(error as Error).message}`, error);
    }
  }
  const verified = new Map<ZipMember, Promise<void>>();
  const placeOf = ({ record }: Located) => places.get(`data/${record.storage.key}`)!;
  located.sort((a, b) => placeOf(a) - placeOf(b) || a.record.offset - b.record.offset);
  const tensors = new Map(located.map((tensor) => [tensor.name, tensor]));
  return {
    ...{ name: source.name, part, others, tensors },
    async read(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new RangeError(`read: ${source.name}: there is no tensor ${quoted(name)}`);
      try {
        return await readTensor(tensor, verified);
      } catch (error) {
        throw new RangeError(`read: ${source.name}: tensor ${quoted(name)}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    close: () => closeAll(members),
  };
}

type Fail = (problem: string, cause?: unknown) => RangeError;

function attempt<Result>(compute: () => Result, fail: Fail): Result {
  try {
    return compute();
  } catch (error) {
    throw fail((error as Error).message, error);
  }
}

/** Throws what the file is if it is no zip: PyTorch's earlier format is a pickle. */
async function requireZip(source: ByteSource, fail: Fail): Promise<void> {
  const start = await source.read(0, Math.min(4, source.size));
  const [first, second] = start;
  if (start.length === 4 && new DataView(start.buffer, start.byteOffset).getUint32(0, true) === 0x04034b50)
    return;
  if (first === 0x80 && second !== undefined && second <= 5)
    throw fail(
      `expected PyTorch's zip format, got a pickle, such as its format before 1.6: load it in Python, if you trust it, and ${AGAIN}`,
    );
  throw fail("expected a PyTorch checkpoint, got no zip archive");
}

/** Returns the archive's files without the folder that all are in. */
function archiveOf(members: ReadonlyMap<string, ZipMember>, fail: Fail): Map<string, ZipMember> {
  const [folder, ...others] = [...members.keys()].filter((path) => /^[^/]*\/data\.pkl$/.test(path));
  if (folder === undefined || others.length > 0)
    throw fail(
      `expected a PyTorch checkpoint, got a zip archive with ${others.length === 0 ? "no" : "several"} data.pkl`,
    );
  const begin = folder.length - "data.pkl".length;
  const files = [...members].filter(([path]) => path.startsWith(folder.slice(0, begin)));
  const archive = new Map(files.map(([path, member]) => [path.slice(begin), member]));
  if (archive.has("constants.pkl"))
    throw fail(`expected a state dict, got a TorchScript archive: load it with torch.jit.load and ${AGAIN}`);
  return archive;
}

async function requireLittleEndian(files: ReadonlyMap<string, ZipMember>, fail: Fail): Promise<void> {
  const member = files.get("byteorder"); // absent before PyTorch 2.1, which wrote little-endian files on most machines
  if (member === undefined) return;
  const order = new TextDecoder().decode(await stored(member).read(0, Math.min(member.size, 20)));
  await member.close();
  if (order !== "little")
    throw fail(
      `expected little-endian numbers, got ${quoted(order)}: load it in Python on a little-endian machine and ${AGAIN}`,
    );
}

/** Returns a member that is not compressed, as all of PyTorch's are: none has more bytes than the file. */
function stored(member: ZipMember): ZipMember {
  if (member.readStored !== undefined) return member;
  throw new RangeError(`${member.name} is compressed, which PyTorch's archives are not`);
}

/** Compares a tensor with its storage, and its storage with the archive. */
function locate(
  name: string,
  record: TensorRecord,
  files: ReadonlyMap<string, ZipMember>,
  fileSize: number,
): Located {
  const { storage, shape, strides, offset } = record;
  const dtype = storage.dtype as Dtype;
  const width = bitsOf(dtype) / 8;
  const file = files.get(`data/${storage.key}`);
  if (file === undefined) throw new RangeError(`its storage ${quoted(storage.key)} is not in the archive`);
  const member = stored(file);
  if (storage.size * width !== member.size)
    throw new RangeError(
      `its storage of ${storage.size} ${dtype} takes ${storage.size * width} bytes, got ${member.size}`,
    );
  const { begin, length } = spanOf(record);
  if (begin + length > storage.size)
    throw new RangeError(
      `${listed(shape)} at ${offset} with strides ${listed(strides)} leaves its storage of ${storage.size} elements`,
    );
  if (elements(shape) * width > fileSize)
    throw new RangeError(
      `${dtype} ${listed(shape)} repeats a storage of ${storage.size} elements beyond the file's size`,
    );
  return { name, shape, dtype, record, member };
}

/** @param verified - Storages whose checksum was compared, for tensors that are a part of one. */
async function readTensor(
  { dtype, record, member }: Located,
  verified: Map<ZipMember, Promise<void>>,
): Promise<Numbers> {
  const width = bitsOf(dtype) / 8;
  const { begin, length, isContiguous } = spanOf(record);
  const isWhole = begin === 0 && length * width === member.size;
  if (!isWhole && !verified.has(member)) verified.set(member, verify(member));
  await verified.get(member);
  const bytes = isWhole
    ? await member.read(0, member.size) // its checksum is compared
    : await member.readStored!(begin * width, length * width);
  const span = decode(dtype, bytes);
  return isContiguous ? span : gathered(span, record);
}

/** Reads a whole file, piece by piece: at its end its checksum is compared. */
async function verify(member: ZipMember): Promise<void> {
  for (let at = 0; at < member.size; at += PIECE) await member.read(at, Math.min(PIECE, member.size - at));
}

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { type ByteSource, openSafetensors } from "safetensors-io";
import { type FileSource, fileSource } from "safetensors-io/node";
import type { NamedTensors } from "./formats/named-tensors.ts";
import { openNpz } from "./formats/npz.ts";
import { openSavedModelZip, shardName } from "./formats/saved-model.ts";
import { openSharded } from "./formats/sharded.ts";
import { openTensorBundle } from "./formats/tensor-bundle/open-tensor-bundle.ts";
import { openTorchCheckpoint } from "./formats/torch/open-torch-checkpoint.ts";
import { zipMembers } from "./formats/zip.ts";

/** Files of a folder that have its weights, the first that there is. */
const IN_FOLDER = [
  ...[
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ],
];
const SAVED_MODEL = join("variables", "variables.index");
const LISTED = 8;
/** Bytes in which an index has its first key. */
const START = 4096;

/**
 * Opens a weights file or folder, recognized by its contents: safetensors, PyTorch's `.pth`, `.pt` and `.bin`, the index of either in
 * several files (`model.safetensors.index.json`), NumPy's `.npz`, a TensorFlow SavedModel as a folder or a `.zip`.
 *
 * Of a folder it takes the first that there is of `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin`,
 * `pytorch_model.bin.index.json`, `variables/variables.index`.
 *
 * @returns An open file, to be closed by the caller; `loadNamedWeights` closes it.
 * @throws RangeError that names the path and what is wrong, or what a folder has instead; or the file system's error with the path.
 *
 * @example
 * ```ts norun
 * const file = await openWeightsFile("bit_teacher_flowers");
 * console.log(file.tensors.keys());
 * await file.close();
 * ```
 */
export async function openWeightsFile(path: string): Promise<NamedTensors & { close(): Promise<void> }> {
  const sources: FileSource[] = [];
  const open = async (file: string): Promise<FileSource> => {
    const source = await fileSource(file);
    sources.push(source);
    return source;
  };
  let file: NamedTensors | undefined;
  const close = async (): Promise<void> => {
    await file?.close?.();
    for (const source of sources) await source.close();
  };
  try {
    file = (await stat(path)).isDirectory() ? await openFolder(path, open) : await openFile(path, open);
    return { ...file, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Open = (path: string) => Promise<FileSource>;

async function openFolder(path: string, open: Open): Promise<NamedTensors> {
  const name = IN_FOLDER.find((one) => existsSync(join(path, one)));
  if (name !== undefined) return openFile(join(path, name), open);
  const index = join(path, SAVED_MODEL);
  if (existsSync(index))
    return openTensorBundle({
      index: await open(index),
      shard: (shard, count) => openBeside(index, shardName(shard, count), open),
    });
  const names = (await readdir(path)).sort();
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  const found = names.length === 0 ? "an empty one" : `one with ${names.slice(0, LISTED).join(", ")}${rest}`;
  throw new RangeError(
    `${path}: expected a folder with ${IN_FOLDER.join(", ")} or ${SAVED_MODEL}, got ${found}`,
  );
}

async function openFile(path: string, open: Open): Promise<NamedTensors> {
  const source = await open(path);
  if (extname(path) === ".npz") return openNpz(source);
  const start = await source.read(0, Math.min(START, source.size));
  const text = new TextDecoder("latin1").decode(start);
  if (extname(path) === ".zip" || text.startsWith("PK\x03\x04")) {
    const kind = await zipKind(source);
    if (kind === "npz") return openNpz(source);
    return kind === "torch" || (kind === undefined && extname(path) !== ".zip")
      ? openTorchCheckpoint(source)
      : openSavedModelZip(source);
  }
  if (isPickle(start)) return openTorchCheckpoint(source); // which says what to do with it
  const isIndex = path.endsWith(".index.json") || (/^\s*\{/.test(text) && text.includes('"weight_map"'));
  if (!isIndex) return openSafetensors(source);
  return openSharded({ index: source, shard: (name) => openBeside(path, name, open) });
}

async function openBeside(index: string, name: string, open: Open): Promise<FileSource> {
  return open(join(dirname(index), name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new RangeError(`${index}: expected ${name} beside ${basename(index)}, got no such file`, {
      cause: error,
    });
  });
}

/** Returns what an archive has; `undefined` if it cannot be told. */
async function zipKind(source: ByteSource): Promise<"torch" | "npz" | "saved-model" | undefined> {
  const members = await zipMembers(source, "balanced").catch(() => new Map<string, unknown>());
  for (const path of members.keys()) {
    if (/^[^/]*\/data\.pkl$/.test(path)) return "torch";
    if (path.endsWith(".npy")) return "npz";
    if (/(^|\/)variables\/variables\.index$/.test(path)) return "saved-model";
  }
  return undefined;
}

/** Whether a file begins as a pickle; a safetensors file may begin with the same two bytes, but its length in bytes 4 to 7 is 0. */
function isPickle(start: Uint8Array): boolean {
  return start[0] === 0x80 && start[1]! <= 5 && start.subarray(4, 8).some((byte) => byte !== 0);
}

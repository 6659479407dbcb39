import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { list, type ReadEntry } from "tar";
import type { TreeEntry, TreeSource } from "./tree.ts";

const FILES = new Set(["File", "OldFile", "ContiguousFile"]);
const FOLDERS = new Set(["Directory", "GNUDumpDir"]);
/** Entries that carry nothing of the tree. */
const HEADERS = new Set(["ExtendedHeader", "GlobalExtendedHeader"]);
const OTHERS = new Set(["FIFO", "CharacterDevice", "BlockDevice"]);

/**
 * A tar archive, compressed or not. It is read as a stream, once to list it and once for its files, and nothing is written to disk.
 *
 * @throws Error, from all its methods, naming the archive if it is none, is cut short, or has a path that leaves it.
 */
export async function archiveTree(path: string, signal?: AbortSignal): Promise<TreeSource> {
  return {
    path,
    packedBytes: (await stat(path)).size,
    list: (onEntry) =>
      parse(path, signal, (entry) => {
        const found = entryOf(path, entry);
        if (found !== undefined) onEntry(found);
      }),
    read: async (wanted) => {
      let missing = wanted.size;
      await parse(path, signal, (entry) => {
        const target = FILES.has(entry.type) ? wanted.get(cleaned(entry.path)) : undefined;
        if (target === undefined) return;
        if (entry.size !== target.length) throw new Error(`${path}: it changed while it was read`);
        let at = 0;
        entry.on("data", (chunk: Buffer) => {
          target.set(chunk, at);
          at += chunk.length;
        });
        entry.on("end", () => {
          missing -= 1;
        });
      });
      if (missing > 0) throw new Error(`${path}: it changed while it was read`);
    },
  };
}

function entryOf(archive: string, entry: ReadEntry): TreeEntry | undefined {
  const path = cleaned(entry.path);
  if (/^([/\\]|[a-z]:)/i.test(entry.path) || path.split("/").includes("..")) {
    throw new Error(`${archive}: expected paths inside the archive, got ${entry.type} '${entry.path}'`);
  }
  if (HEADERS.has(entry.type) || path === "") return undefined;
  if (FILES.has(entry.type)) return { type: "file", path, size: entry.size };
  if (FOLDERS.has(entry.type)) return { type: "folder", path };
  const target = entry.linkpath?.replaceAll("\\", "/") ?? "";
  const isAbsolute = /^(\/|[a-z]:)/i.test(target);
  if (entry.type === "SymbolicLink") return { type: "link", path, target: isAbsolute ? undefined : target };
  // A hard link names its file as the archive does.
  if (entry.type === "Link") return { type: "link", path, target: isAbsolute ? undefined : `/${target}` };
  if (OTHERS.has(entry.type)) return { type: "other", path };
  throw new Error(`${archive}: expected files, folders and links, got ${entry.type} '${entry.path}'`);
}

function cleaned(path: string): string {
  return path
    .split(/[/\\]/)
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** Streams a file through the parser; rejects also where the archive's end mark is missing, which the parser accepts. */
async function parse(
  path: string,
  signal: AbortSignal | undefined,
  onEntry: (entry: ReadEntry) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let [hasEnd, failure] = [false, undefined as unknown];
  const stream = createReadStream(path, signal && { signal });
  const onReadEntry = (entry: ReadEntry): void => {
    if (failure !== undefined) return;
    try {
      onEntry(entry);
    } catch (error) {
      failure = error;
      stream.destroy(error as Error);
    }
  };
  const parser = list({ strict: true, onReadEntry });
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on("eof", () => {
        hasEnd = true;
      });
      parser.on("end", resolve);
      parser.on("error", reject);
      stream.on("error", reject);
      stream.pipe(parser as unknown as NodeJS.WritableStream); // of another stream library, made for this
    });
    if (!hasEnd && failure === undefined) throw new Error("truncated: no end mark");
  } catch (cause) {
    signal?.throwIfAborted();
    throw failure ?? new Error(`${path}: ${await whatIsWrong(path, cause)}`, { cause });
  } finally {
    stream.destroy();
  }
  if (failure !== undefined) throw failure;
}

async function whatIsWrong(path: string, cause: unknown): Promise<string> {
  const { code, message } = cause as { code?: string; message?: string };
  const isShort = /truncat|unexpected end/i.test(message ?? "") || code === "Z_BUF_ERROR";
  if (isShort) return "expected a whole archive, got one that is cut short; download it again";
  if (code === "EACCES") return "no permission to read it";
  if (/decompression ratio/.test(message ?? ""))
    return "expected an archive of pictures, got one that unpacks to 1000 times its size";
  const got = (await isZip(path))
    ? "a zip archive; unpack it and give the folder"
    : `something else (${message})`;
  return `expected a tar archive (.tgz, .tar.gz, .tar), got ${got}`;
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("latin1") === "PK\x03\x04";
  } finally {
    await file.close();
  }
}

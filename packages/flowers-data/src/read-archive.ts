import { createReadStream } from "node:fs";
import { list, type ReadEntry } from "tar";
import { isImageName, type LabelledFile, labelledStore } from "./labelled-files.ts";
import type { SampleStore } from "./sample-store.ts";

const FILES = new Set(["File", "OldFile", "ContiguousFile"]);
/** Entries that carry no file and harm nothing. */
const HARMLESS = new Set(["Directory", "GNUDumpDir", "ExtendedHeader", "GlobalExtendedHeader"]);

/**
 * Reads `<root>/<class>/<file>` (or `<class>/<file>`) from a tar archive, compressed or not, as a stream; nothing is written to
 * disk.
 *
 * @param maxBytes - Refuses an archive whose pictures are larger together.
 * @throws Error naming the archive if it is none, is cut short, or holds a link, a device or a path that leaves its
 * folder.
 */
export async function readArchive(path: string, maxBytes: number): Promise<SampleStore> {
  const files: LabelledFile[] = [];
  const folders: string[][] = [];
  const failures: Error[] = [];
  let total = 0;

  const onReadEntry = (entry: ReadEntry): void => {
    if (failures.length > 0) return;
    const parts = entry.path.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
    const isFile = FILES.has(entry.type);
    if (
      /^([/\\]|[a-z]:)/i.test(entry.path) ||
      parts.includes("..") ||
      !(isFile || HARMLESS.has(entry.type))
    ) {
      failures.push(
        new Error(
          `${path}: expected only files inside the archive's folder, got ${entry.type} '${entry.path}'`,
        ),
      );
      return;
    }
    if (entry.type === "Directory") folders.push(parts);
    const name = parts.at(-1) ?? "";
    if (!isFile || parts.length < 2 || !isImageName(name)) return;
    total += entry.size;
    if (total > maxBytes) {
      failures.push(new Error(`${path}: expected at most ${maxBytes} bytes of pictures, got more`));
      return;
    }
    const chunks: Buffer[] = [];
    entry.on("data", (chunk: Buffer) => chunks.push(chunk));
    entry.on("end", () => {
      folders.push(parts.slice(0, -1));
      files.push({ folder: parts.at(-2)!, name, data: Buffer.concat(chunks) });
    });
  };

  try {
    await parse(path, onReadEntry);
  } catch (cause) {
    throw failures[0] ?? new Error(`${path}: ${whatIsWrong(cause)}`, { cause });
  }
  if (failures.length > 0) throw failures[0];
  const depth = Math.max(0, ...folders.map((parts) => parts.length));
  const classFolders = folders.filter((parts) => parts.length === depth && depth > 0);
  return labelledStore(path, new Set(classFolders.map((parts) => parts.at(-1)!)), files);
}

/** Streams a file through the parser; rejects also where the archive's end mark is missing, which the parser accepts. */
async function parse(path: string, onReadEntry: (entry: ReadEntry) => void): Promise<void> {
  const parser = list({ strict: true, onReadEntry });
  const stream = createReadStream(path);
  let hasEnd = false;
  await new Promise<void>((resolve, reject) => {
    parser.on("eof", () => {
      hasEnd = true;
    });
    parser.on("end", resolve);
    parser.on("error", reject);
    stream.on("error", reject);
    stream.pipe(parser as unknown as NodeJS.WritableStream); // of another stream library, made for this
  }).finally(() => stream.destroy());
  if (!hasEnd) throw new Error("truncated: no end mark");
}

function whatIsWrong(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  const isShort = /truncat|unexpected end/i.test(message ?? "") || code === "Z_BUF_ERROR";
  if (isShort) return "expected a whole archive, got one that is cut short; download it again";
  if (code === "ENOENT") return "no such file or folder";
  if (code === "EACCES") return "no permission to read it";
  return `expected a tar archive (.tgz, .tar.gz, .tar), got something else (${message})`;
}

import { mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { naming } from "../files/naming.ts";
import type { SentFile } from "./messages.ts";
import type { RunRanks } from "./run-ranks.ts";

const CHUNK = 2 ** 24;

/**
 * Sends files to the folders of the other ranks. On rank 0 only.
 *
 * @param from - Folder.
 * @param names - Files and folders in it, which are whole.
 * @param to - Folder in that of the others. Default: the same.
 */
export async function sendFiles(
  ranks: RunRanks,
  from: string,
  names: readonly string[],
  to = "",
): Promise<void> {
  const found = (await Promise.all(names.map((name) => filesIn(from, name)))).flat();
  const sizes = await Promise.all(found.map(async (path) => (await stat(join(from, path))).size));
  const files = found.map((path, i) => ({
    path: join(to, path).split(sep).join("/"),
    size: sizes[i]!,
  }));
  await ranks.together(async () => {
    await ranks.tell({ kind: "files", files });
    for (const [i, path] of found.entries()) await sendFile(ranks, join(from, path), sizes[i]!);
  });
}

/**
 * Writes the files of a message below `folder`.
 *
 * @throws Error naming the file that could not be written, such as for a full disk.
 */
export async function receiveFiles(
  ranks: RunRanks,
  files: readonly SentFile[],
  folder: string,
): Promise<void> {
  for (const { path, size } of files) {
    const file = join(folder, path);
    const writing = <T>(work: () => Promise<T>): Promise<T> => naming(file, `write its ${size} bytes`, work);
    await writing(() => mkdir(dirname(file), { recursive: true }));
    const handle = await writing(() => open(file, "w"));
    try {
      for (let left = size; left > 0; left -= CHUNK) {
        const chunk = Buffer.alloc(Math.min(CHUNK, left));
        await ranks.communicator.broadcast(chunk, 0);
        await writing(() => handle.writeFile(chunk));
      }
    } finally {
      await writing(() => handle.close());
    }
  }
}

/** A file, or all files of a folder and of those in it. */
async function filesIn(from: string, name: string): Promise<string[]> {
  if (!(await stat(join(from, name))).isDirectory()) return [name];
  const entries = await readdir(join(from, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(from, "/").length));
}

async function sendFile({ communicator }: RunRanks, path: string, size: number): Promise<void> {
  const handle = await open(path);
  try {
    for (let left = size; left > 0; left -= CHUNK) {
      const chunk = Buffer.alloc(Math.min(CHUNK, left));
      const { bytesRead } = await naming(path, "read it", () => handle.read(chunk));
      if (bytesRead < chunk.length) throw new Error(`${path}: expected ${size} bytes, got fewer`);
      await communicator.broadcast(chunk, 0);
    }
  } finally {
    await handle.close();
  }
}

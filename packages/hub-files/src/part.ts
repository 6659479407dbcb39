import { createHash, randomUUID } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

// A part of a blob is `<etag>.<host>-<process>-<random>.incomplete`: each process writes into a file of its own, as those of
// huggingface_hub do, and a part of a process that has ended is taken over by renaming it, which only one can do. Python's own
// parts have no process in their names and stay.

const NAME = /^\.([\da-f]{8})-(\d+)-[\da-f]{8}\.incomplete$/;
/** Time after which a part counts as left behind, whatever its process: longer than a download waits. */
const ABANDONED = 30 * 60_000;
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** In place of a process, for a part that its process has given up. */
const NOBODY = 0;

function partName(blob: string, owner: number): string {
  return `${blob}.${HOST}-${owner}-${randomUUID().slice(0, 8)}.incomplete`;
}

/**
 * Returns the path of a blob's part for this process: the largest of those that ended processes have left, or a new one. Smaller ones
 * are removed.
 */
export async function takePart(blob: string): Promise<string> {
  const own = partName(blob, process.pid);
  let taken = false;
  for (const { path } of await leftParts(blob)) {
    if (taken) await rm(path, { force: true });
    else
      taken = await rename(path, own).then(
        () => true,
        () => false, // another process was faster
      );
  }
  return own;
}

/** Leaves a part for the next download, of this process or another. */
export async function leavePart(part: string, blob: string): Promise<void> {
  await rename(part, partName(blob, NOBODY)).catch(() => {}); // there may be none yet
}

/** Returns the parts of ended processes, the largest first. */
async function leftParts(blob: string): Promise<{ readonly path: string; readonly size: number }[]> {
  const [folder, etag] = [dirname(blob), basename(blob)];
  const found: { path: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    const [, host, owner] = (name.startsWith(etag) && NAME.exec(name.slice(etag.length))) || [];
    if (owner === undefined) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) continue;
    const isLeft = host === HOST && (Number(owner) === NOBODY || !isRunning(Number(owner)));
    if (isLeft || Date.now() - facts.mtimeMs > ABANDONED) found.push({ path, size: facts.size });
  }
  return found.sort((a, b) => b.size - a.size);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // of another user
  }
}

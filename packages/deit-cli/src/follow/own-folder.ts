import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "train-loop/node";
import { naming } from "../files/naming.ts";

const PREFIX = "deit-cli-rank-";
/** Milliseconds in which a new folder is locked. */
const NEW = 60_000;

/**
 * Makes a folder that this process alone uses, in that of temporary files. Folders of killed processes are removed.
 *
 * @throws Error naming the folder of temporary files and the system's reason.
 */
export function makeOwnFolder(): Promise<string> {
  const parent = tmpdir();
  return naming(parent, "make a folder in it for this rank (TMPDIR names another place)", async () => {
    const all = await readdir(parent);
    await Promise.all(
      all.filter((name) => name.startsWith(PREFIX)).map((name) => removeIfLeft(join(parent, name))),
    );
    const folder = await mkdtemp(join(parent, PREFIX));
    await lockFolder(folder);
    return folder;
  });
}

async function removeIfLeft(folder: string): Promise<void> {
  try {
    if (Date.now() - (await stat(folder)).mtimeMs < NEW) return;
    await lockFolder(folder); // void where its process has ended
    await rm(folder, { recursive: true, force: true });
  } catch {
    // In use, another user's, or gone meanwhile.
  }
}

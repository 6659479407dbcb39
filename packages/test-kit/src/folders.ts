import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** A new empty folder, removed when the test is over. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-kit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A new empty folder for all tests of a file, which calls this outside of them. */
export async function emptyFolderForAll(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-kit-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Writes files (`"a/1.jpg": bytes`; a name that ends in `/` is an empty folder) below a new folder, which is removed when
 * the test is over.
 */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const root = await emptyFolder();
  for (const [name, data] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) await writeFile(path, data);
  }
  return root;
}

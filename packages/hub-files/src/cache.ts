import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { cacheOf, type Environment, linksAllowed } from "./environment.ts";
import type { HubName } from "./hub-name.ts";

// The layout of huggingface_hub: blobs/<etag>, snapshots/<commit>/<file> -> ../../blobs/<etag>, refs/<revision> with the
// commit, .no_exist/<commit>/<file>. https://huggingface.co/docs/huggingface_hub/guides/manage-cache

/** Returns the folder of a repository in the cache. */
export function repositoryFolder(id: string, env: Environment): string {
  return join(cacheOf(env), `models--${id.replace("/", "--")}`);
}

/** Returns the folder with the files of a commit. */
export function snapshotFolder(id: string, commit: string, env: Environment): string {
  return join(repositoryFolder(id, env), "snapshots", commit);
}

/** Returns the commit of a revision as it was when it was last asked for; the revision itself if it never was. */
export function cachedCommit({ id, revision }: HubName, env: Environment): string {
  const reference = join(repositoryFolder(id, env), "refs", revision);
  let commit = "";
  try {
    commit = readFileSync(reference, "utf8").trim();
  } catch {
    // not there, or the folder of longer names
  }
  return isCommit(commit) ? commit : revision;
}

/** Whether a text can be a commit, and so the name of a folder. */
export function isCommit(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

/** Returns the path of a commit's file if it is in the cache. */
export function cachedFile(id: string, commit: string, file: string, env: Environment): string | undefined {
  const path = join(snapshotFolder(id, commit, env), file);
  return existsSync(path) ? path : undefined;
}

/** Whether the hub has said before that a commit has no such file. */
export function isKnownAbsent(id: string, commit: string, file: string, env: Environment): boolean {
  return existsSync(join(repositoryFolder(id, env), ".no_exist", commit, file));
}

/** Remembers that a commit has no such file. */
export async function rememberAbsent(
  id: string,
  commit: string,
  file: string,
  env: Environment,
): Promise<void> {
  const path = join(repositoryFolder(id, env), ".no_exist", commit, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "");
}

/** Remembers a revision's commit. */
export async function rememberCommit(
  { id, revision }: HubName,
  commit: string,
  env: Environment,
): Promise<void> {
  if (revision === commit || cachedCommit({ id, revision }, env) === commit) return;
  const path = join(repositoryFolder(id, env), "refs", revision);
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, commit);
  await rename(temporary, path);
}

/**
 * Gives a blob its name in a snapshot: a relative link, or where there are none the file itself.
 *
 * @param isNew - Whether no other snapshot can have a link to the blob.
 */
export async function linkBlob(blob: string, path: string, isNew: boolean, env: Environment): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (linksAllowed(env)) {
    try {
      await symlink(relative(dirname(path), blob), path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") {
        if (existsSync(path)) return; // another process was faster
        await rm(path, { force: true }); // a link to a blob that somebody has removed
        return linkBlob(blob, path, isNew, env);
      }
      if (code !== "EPERM" && code !== "ENOSYS" && code !== "ENOTSUP") throw error;
    }
  }
  if (isNew) return rename(blob, path);
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  await copyFile(blob, temporary);
  await rename(temporary, path);
}

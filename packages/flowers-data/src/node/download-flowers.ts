import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import envPaths from "env-paths";
import { ANY, COUNT, check, FUNCTION, integerFrom, optional, requireOptions, STRING } from "known-options";
import { makeFolder } from "./make-folder.ts";

const SHA256 = check(
  "a SHA-256 as 64 lower-case hexadecimal digits",
  (value) => typeof value === "string" && /^[\da-f]{64}$/.test(value),
);

/**
 * The archive that TensorFlow Datasets' tf_flowers 3.0.1 is made from, where its storage serves it over HTTPS (TFDS' own address is
 * plain HTTP).
 */
export const FLOWER_PHOTOS: { readonly url: string; readonly size: number; readonly sha256: string } = {
  url: "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
  size: 228_813_984,
  sha256: "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
};

/** Progress of a download. */
export interface DownloadProgress {
  /** Bytes on disk, those of an earlier try included. */
  readonly received: number;
  /** Bytes of the whole archive. */
  readonly total: number;
}

/** Options of {@link downloadFlowers}. */
export interface DownloadOptions {
  /** Folder of the cache. Default: `flowers-data` in the platform's cache folder. */
  readonly cacheDir?: string;
  /** Default {@link FLOWER_PHOTOS}. */
  readonly url?: string;
  /** Expected size and SHA-256 of the archive. Default {@link FLOWER_PHOTOS}. */
  readonly size?: number;
  readonly sha256?: string;
  /** Number of retries of a broken connection. Default 3. */
  readonly retries?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

type Expected = Required<Pick<DownloadOptions, "url" | "size" | "sha256">>;

/**
 * Downloads `flower_photos.tgz` once; a second call finds it in the cache. Its SHA-256 is checked in every call, that of the cached
 * file too (229 MB: less than a second).
 *
 * A partial download stays in a `.part` file beside the target; a later call (or a retry) resumes from it if the server knows
 * ranges; size and SHA-256 are checked before the file takes its name, so that a file of that name is whole.
 *
 * @returns Path of the archive, for `openFlowers`.
 * @throws Error of one line: no space or permission, the server's status, a connection that broke too often (what arrived is
 * kept), wrong size or hash (what arrived is removed), another file of that name in the cache (kept). The signal's reason if it is
 * aborted.
 *
 * @example
 * ```ts norun
 * const path = await downloadFlowers({ onProgress: ({ received, total }) => report(received / total) });
 * const store = await openFlowers(path);
 * ```
 */
export async function downloadFlowers(options: DownloadOptions = {}): Promise<string> {
  requireOptions("downloadFlowers", options, {
    cacheDir: optional(STRING),
    url: optional(STRING),
    size: optional(COUNT),
    sha256: optional(SHA256),
    retries: optional(integerFrom(0)),
    onProgress: optional(FUNCTION),
    signal: ANY,
  });
  const expected: Expected = {
    url: options.url ?? FLOWER_PHOTOS.url,
    size: options.size ?? FLOWER_PHOTOS.size,
    sha256: options.sha256 ?? FLOWER_PHOTOS.sha256,
  };
  const { cacheDir = envPaths("flowers-data", { suffix: "" }).cache, retries = 3 } = options;
  const target = join(cacheDir, basename(new URL(expected.url).pathname) || "flower_photos.tgz");
  options.signal?.throwIfAborted();
  if (await isCached(target, expected, options.signal)) return target;

  const part = `${target}.part`;
  await withClearErrors(cacheDir, () => makeFolder(cacheDir));
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    const before = await sizeOf(part);
    await requireSpace(cacheDir, expected.size - before);
    try {
      const digest = await withClearErrors(cacheDir, () => fetchRest(part, expected, options));
      if (digest !== expected.sha256) {
        await rm(part, { force: true });
        throw new Error(
          `downloadFlowers: ${expected.url}: expected SHA-256 ${expected.sha256}, got ${digest}`,
        );
      }
      await withClearErrors(cacheDir, () => rename(part, target));
      return target;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof BrokenConnection)) throw error;
      if (attempt >= retries) {
        const kept = await sizeOf(part);
        throw new Error(
          `downloadFlowers: ${expected.url}: expected ${expected.size} bytes, the connection broke at ${kept} (kept: run again to resume): ${error.message}`,
          { cause: error },
        );
      }
    }
  }
}

/** @throws Error if there is a file of that name that is not the archive: it may be somebody's, and is left alone. */
async function isCached(
  target: string,
  expected: Expected,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const info = await stat(target).catch(() => undefined);
  if (info === undefined) return false;
  const wrong = (got: string): Error =>
    new Error(
      `downloadFlowers: ${target}: expected ${expected.size} bytes with SHA-256 ${expected.sha256}, got ${got}; ` +
        "remove it to have it downloaded again",
    );
  if (!info.isFile()) throw wrong("something other than a file");
  if (info.size !== expected.size) throw wrong(`${info.size} bytes`);
  const digest = (await hashOf(target, info.size, signal)).digest("hex");
  if (digest !== expected.sha256) throw wrong(`SHA-256 ${digest}`);
  return true;
}

/** The network failed, not the caller, the disk or the server's answer: worth another try. */
class BrokenConnection extends Error {
  override readonly name = "BrokenConnection";
}

/** Appends what `part` lacks and returns the SHA-256 of the whole. */
async function fetchRest(part: string, expected: Expected, options: DownloadOptions): Promise<string> {
  let received = await sizeOf(part);
  if (received > expected.size) {
    await rm(part, { force: true });
    received = 0;
  }
  let hash = await hashOf(part, received, options.signal);
  if (received === expected.size) return hash.digest("hex");

  const response = await request(expected.url, received, options.signal);
  if (response.status === 200) {
    received = 0; // no ranges here: the whole file comes again
    hash = createHash("sha256");
  } else {
    requireRange(response, received, expected);
  }
  const file = await open(part, received === 0 ? "w" : "a");
  try {
    for await (const chunk of chunksOf(response)) {
      received += chunk.length;
      if (received > expected.size) break;
      await writeAll(file, chunk);
      hash.update(chunk);
      options.onProgress?.({ received, total: expected.size });
    }
  } finally {
    await file.close();
  }
  if (received > expected.size) {
    await rm(part, { force: true });
    throw new Error(`downloadFlowers: ${expected.url}: expected ${expected.size} bytes, got more`);
  }
  if (received < expected.size) throw new BrokenConnection(`it ended after ${received} bytes`);
  return hash.digest("hex");
}

async function request(url: string, from: number, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: from > 0 ? { range: `bytes=${from}-` } : {},
      ...(signal !== undefined && { signal }),
    });
  } catch (cause) {
    throw new BrokenConnection(reasonOf(cause), { cause });
  }
  if (response.status === 200 || response.status === 206) return response;
  await response.body?.cancel();
  throw new Error(
    `downloadFlowers: ${url}: expected status 200 or 206, got ${response.status} ${response.statusText}`,
  );
}

function requireRange(response: Response, from: number, { url, size }: Expected): void {
  const range = response.headers.get("content-range") ?? "none";
  if (!range.startsWith(`bytes ${from}-`) || !(range.endsWith(`/${size}`) || range.endsWith("/*"))) {
    throw new Error(
      `downloadFlowers: ${url}: expected bytes from ${from} of ${size}, got content-range '${range}'`,
    );
  }
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new BrokenConnection(reasonOf(cause), { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {}); // broken already
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

async function hashOf(path: string, size: number, signal: AbortSignal | undefined): Promise<Hash> {
  const hash = createHash("sha256");
  if (size === 0) return hash;
  for await (const chunk of createReadStream(path, signal && { signal })) hash.update(chunk as Buffer);
  return hash;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) {
    throw new Error(
      `downloadFlowers: ${folder}: expected ${bytes} bytes free, got ${bavail * bsize}; choose another folder for the cache`,
    );
  }
}

const DISK_PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left",
  EDQUOT: "no space left",
  EACCES: "no permission to write",
  EPERM: "no permission to write",
  EROFS: "no permission to write",
  ENOTDIR: "not a folder",
  EEXIST: "not a folder",
  ENOENT: "a folder that cannot be made there",
  ENAMETOOLONG: "a name that is too long",
  ELOOP: "links in a circle",
};

async function withClearErrors<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const problem = DISK_PROBLEMS[(cause as NodeJS.ErrnoException).code ?? ""];
    if (problem === undefined) throw cause;
    throw new Error(`downloadFlowers: ${folder}: ${problem}; choose another folder for the cache`, { cause });
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return cause?.message ?? message ?? String(error);
}

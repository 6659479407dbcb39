import { setTimeout as sleep } from "node:timers/promises";
import { requireArguments, requireOptions } from "known-options";
import { addressOf, ask } from "./ask.ts";
import { cachedCommit, cachedFile, rememberCommit } from "./cache.ts";
import { type Brought, Download } from "./download.ts";
import { cacheOf, isOffline } from "./environment.ts";
import { HUB_NAME, type HubName, shownName } from "./hub-name.ts";
import { FILE_NAME, HUB_CHECKS, type HubOptions } from "./options.ts";
import { AbsentFile, BrokenConnection } from "./problems.ts";

const RETRIES = 5;
const RETRY_DELAY = 1000;
const LONGEST_DELAY = 60_000;
const TIMEOUT = 60_000;

/**
 * Returns the path of a repository's file in the cache, without the network, whoever has put it there.
 *
 * @param file - Its name in the repository, such as `model.safetensors` or `onnx/model.onnx`.
 * @returns `undefined` if it is not there.
 *
 * @example
 * console.log(cachedHubFile(hubName("hf:none/such")!, "config.json")); // undefined
 */
export function cachedHubFile(
  name: HubName,
  file: string,
  options: Pick<HubOptions, "env"> = {},
): string | undefined {
  const { env = process.env } = requireOptions("cachedHubFile", options, { env: HUB_CHECKS.env });
  requireArguments("cachedHubFile", { name, file }, { name: HUB_NAME, file: FILE_NAME });
  return cachedFile(name.id, cachedCommit(name, env), file, env);
}

/**
 * Brings a file into the cache that Python's huggingface_hub, transformers and timm share, and returns its path there. A file that is
 * in the cache is used without asking the hub; pass a commit, or remove the branch's file in `refs`, for another revision.
 *
 * A broken connection is resumed where it broke, and so is the download of a process that was killed. Size and hash (SHA-256 of large
 * files, Git's SHA-1 of small ones) are checked before the file takes its name.
 *
 * @param file - Its name in the repository, such as `model.safetensors` or `onnx/model.onnx`.
 * @throws Error of one line: the repository has no such file, is not public, or cannot be reached, with the address to fetch by hand; a
 * hash that is wrong; or the file system's. The signal's reason if it is aborted.
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 *
 * @example
 * ```ts norun
 * const path = await hubFile(hubName("hf:facebook/deit-tiny-patch16-224")!, "config.json");
 * ```
 */
export async function hubFile(name: HubName, file: string, options: HubOptions = {}): Promise<string> {
  const { env = process.env } = requireOptions("hubFile", options, HUB_CHECKS);
  requireArguments("hubFile", { name, file }, { name: HUB_NAME, file: FILE_NAME });
  const cached = cachedHubFile(name, file, { env });
  if (cached !== undefined) return cached;
  const { path, commit } = await bring(name, file, options);
  await rememberCommit(name, commit, env);
  return path;
}

/**
 * Downloads a file, with as many tries as it takes; does not look for it in the cache first.
 *
 * @param revision - The name's, or the commit that it was found to be.
 */
export async function bring(
  name: HubName,
  file: string,
  options: HubOptions,
  revision: string = name.revision,
): Promise<Brought> {
  const { env = process.env, signal, onProgress, timeout = TIMEOUT } = options;
  const download = new Download({ name, revision, file, env, timeout, signal, onProgress });
  try {
    return await withRetries(name, file, options, download);
  } finally {
    await download.leave();
  }
}

/** Returns the commit of a name's revision, asking for one of its files, which need not be there. */
export async function askCommit(name: HubName, file: string, options: HubOptions): Promise<string> {
  const { env = process.env, signal, timeout = TIMEOUT } = options;
  const target = { name, revision: name.revision, file, env };
  return withRetries(name, file, options, {
    reached: 0,
    async try() {
      try {
        return (await ask(target, { timeout, signal })).commit;
      } catch (error) {
        if (error instanceof AbsentFile && error.commit !== undefined) return error.commit;
        throw error;
      }
    },
  });
}

/** What may be tried again. */
interface Attempt<Result> {
  /** What the tries so far have reached; a step forward counts as a success. */
  readonly reached: number;
  try(): Promise<Result>;
}

async function withRetries<Result>(
  name: HubName,
  file: string,
  { env = process.env, signal, retries = RETRIES, retryDelay = RETRY_DELAY }: HubOptions,
  attempt: Attempt<Result>,
): Promise<Result> {
  const shown = shownName(name);
  const byHand = `to fetch it by hand: ${addressOf({ name, revision: name.revision, file, env })}`;
  if (isOffline(env))
    throw new Error(
      `${shown}: expected ${file} in the cache, ${cacheOf(env)}, as HF_HUB_OFFLINE is set, got none; ${byHand}`,
    );
  for (let [failures, reached] = [0, 0]; ; ) {
    signal?.throwIfAborted();
    try {
      return await attempt.try();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof BrokenConnection)) throw error;
      failures = attempt.reached > reached ? 1 : failures + 1;
      reached = Math.max(reached, attempt.reached);
      if (error.isUnreachable || failures > retries)
        throw new Error(`${shown}: ${file} could not be downloaded: ${error.message}; ${byHand}`, {
          cause: error,
        });
      const delay = error.wait ?? Math.min(retryDelay * 2 ** (failures - 1), LONGEST_DELAY);
      await sleep(delay, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }
}

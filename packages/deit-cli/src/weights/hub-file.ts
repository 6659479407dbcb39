import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { writeAtomically } from "../files/write-atomically.ts";

/** The file of a repository with the weights of transformers and timm. */
const FILE = "model.safetensors";
const RETRIES = 3;
const MOST_REDIRECTS = 3;

/** A revision of a repository on the Hugging Face Hub. */
export interface HubName {
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

export interface HubOptions {
  /** Called with the size before the first byte, and as bytes arrive. */
  readonly onProgress?: (progress: { readonly received: number; readonly total: number }) => void;
  readonly signal?: AbortSignal | undefined;
  /** `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and the variables of the cache's folder. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What the hub says of a file. */
interface Expected {
  readonly commit: string;
  readonly size: number;
  readonly etag: string;
}

/** `owner/name` or `owner/name@revision`; `undefined` for other texts, and for names of files. */
export function hubNameOf(text: string): HubName | undefined {
  const name = /^([\w-][\w.-]*\/[\w-][\w.-]*?)(?:@([\w./-]+))?$/.exec(text);
  if (name === null || /\.(safetensors|json|bin|npz)$/.test(text)) return undefined;
  if (name[2]?.split("/").some((part) => /^\.*$/.test(part))) return undefined; // no branch, and a path out of the cache
  return { id: name[1]!, revision: name[2] ?? "main" };
}

/**
 * Path of a repository's `model.safetensors` in the cache of huggingface_hub, which Python's libraries share.
 *
 * @returns `undefined` if it is not there.
 */
export function cachedHubFile(
  { id, revision }: HubName,
  env: HubOptions["env"] = process.env,
): string | undefined {
  const folder = repositoryFolder(id, env);
  const reference = join(folder, "refs", revision);
  const commit = existsSync(reference) ? readFileSync(reference, "utf8").trim() : revision;
  const path = join(folder, "snapshots", commit, FILE);
  return existsSync(path) ? path : undefined;
}

/**
 * Downloads a repository's `model.safetensors` once. Its size, and its SHA-256 where the hub has one, are checked before the file takes
 * its name. A file that is in the cache is used without asking the hub.
 *
 * @returns Its path in the cache.
 * @throws Error of one line, which names the address to fetch by hand where the hub cannot be reached; the signal's reason if it is
 * aborted.
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export async function hubFile(name: HubName, options: HubOptions = {}): Promise<string> {
  const { env = process.env, signal } = options;
  const cached = cachedHubFile(name, env);
  if (cached !== undefined) return cached;
  const url = `${endpointOf(env)}/${name.id}/resolve/${encodeURIComponent(name.revision)}/${FILE}`;
  const byHand = `download ${url} elsewhere and pass the file: --weights ${FILE}`;
  if (/^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? ""))
    throw new Error(
      `${nameOf(name)}: expected it in the cache, as HF_HUB_OFFLINE is set, got none; ${byHand}`,
    );
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await download(name, url, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof BrokenConnection)) throw error;
      if (attempt >= RETRIES || error.isUnreachable)
        throw new Error(`${nameOf(name)}: could not be downloaded: ${error.message}; ${byHand}`, {
          cause: error,
        });
    }
  }
}

/** The network failed, not the hub's answer or the disk. */
class BrokenConnection extends Error {
  override readonly name = "BrokenConnection";
  /** Nothing answers at all: another try would not help. */
  readonly isUnreachable: boolean;

  constructor(cause: unknown, isUnreachable = false) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    super(inner instanceof Error ? inner.message : String(inner), { cause });
    this.isUnreachable = isUnreachable;
  }
}

async function download(name: HubName, url: string, options: HubOptions): Promise<string> {
  const { env = process.env, signal, onProgress } = options;
  const headers: Record<string, string> = !env.HF_TOKEN ? {} : { authorization: `Bearer ${env.HF_TOKEN}` };
  const { commit, size, etag } = await ask(name, url, headers, signal);
  onProgress?.({ received: 0, total: size });
  const folder = repositoryFolder(name.id, env);
  const path = join(folder, "snapshots", commit, FILE);
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    const digest = await fetchInto(part, { name, url, size, headers }, options);
    if (/^[\da-f]{64}$/.test(etag) && digest !== etag)
      throw new Error(`${nameOf(name)}: expected SHA-256 ${etag}, got ${digest}`);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
  if (name.revision !== commit) await writeAtomically(join(folder, "refs", name.revision), commit);
  return path;
}

/** Commit, size and hash of the file, from the hub itself: the redirect to the file's storage is not followed, others are. */
async function ask(
  name: HubName,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Expected> {
  let address = url;
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    const response = await fetch(address, {
      ...{ method: "HEAD", redirect: "manual", headers: { ...headers, "accept-encoding": "identity" } },
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      throw new BrokenConnection(cause, true);
    });
    const moved = response.headers.get("location");
    const target = moved === null ? undefined : new URL(moved, address);
    const { headers: told } = response;
    if (target?.origin === new URL(url).origin && told.get("x-linked-size") === null) {
      address = target.href; // a repository that was renamed
      continue;
    }
    if (response.status >= 400) throw new Error(refusal(name, response));
    const commit = told.get("x-repo-commit");
    const size = Number(told.get("x-linked-size") ?? told.get("content-length") ?? Number.NaN);
    const etag = (told.get("x-linked-etag") ?? told.get("etag") ?? "")
      .replace(/^W\//, "")
      .replaceAll('"', "");
    if (commit === null || !/^[\w-]+$/.test(commit) || !Number.isInteger(size))
      throw new Error(
        `${nameOf(name)}: expected an answer of the Hugging Face Hub with commit and size, got none from ${url}`,
      );
    return { commit, size, etag };
  }
  throw new Error(`${nameOf(name)}: expected at most ${MOST_REDIRECTS} redirects, got more`);
}

function refusal(name: HubName, { status, headers }: Response): string {
  const code = headers.get("x-error-code");
  if (code === "EntryNotFound") return `${nameOf(name)}: expected a repository with ${FILE}, got one without`;
  if (code === "RevisionNotFound")
    return `${name.id}: expected a branch, tag or commit, got '${name.revision}', which it does not have`;
  if (status === 401 || status === 403 || status === 404)
    return `${nameOf(name)}: expected a file or the name of a repository on the Hugging Face Hub that is public, or that HF_TOKEN may read, got neither (status ${status})`;
  return `${nameOf(name)}: expected status 200, got ${status} from the Hugging Face Hub`;
}

/** Writes the file and returns its SHA-256. Another host does not get the token: `fetch` drops it on the way. */
async function fetchInto(
  part: string,
  { name, url, size, headers }: { name: HubName; url: string; size: number; headers: Record<string, string> },
  { onProgress, signal }: HubOptions,
): Promise<string> {
  const response = await fetch(url, { headers, ...(signal && { signal }) }).catch((cause: unknown) => {
    throw new BrokenConnection(cause);
  });
  if (response.status !== 200 || response.body === null) throw new Error(refusal(name, response));
  const file = await open(part, "w");
  const hash = createHash("sha256");
  let received = 0;
  try {
    const reader = response.body.getReader();
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new BrokenConnection(cause);
      });
      if (done) break;
      await file.writeFile(value);
      hash.update(value);
      received += value.length;
      onProgress?.({ received, total: size });
    }
  } finally {
    await file.close();
  }
  if (received < size) throw new BrokenConnection(`it ended after ${received} of ${size} bytes`);
  if (received > size) throw new Error(`${nameOf(name)}: expected ${size} bytes, got ${received}`);
  return hash.digest("hex");
}

function endpointOf(env: NonNullable<HubOptions["env"]>): string {
  return (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
}

/** As huggingface_hub names it. */
function repositoryFolder(id: string, env: NonNullable<HubOptions["env"]>): string {
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
  const cache = env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(home, "hub");
  return join(cache, `models--${id.replace("/", "--")}`);
}

function nameOf({ id, revision }: HubName): string {
  return revision === "main" ? id : `${id}@${revision}`;
}

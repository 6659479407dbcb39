import { isCommit } from "./cache.ts";
import { type Environment, endpointOf } from "./environment.ts";
import { request } from "./http.ts";
import { type HubName, shownName } from "./hub-name.ts";
import { AbsentFile } from "./problems.ts";

const MOST_REDIRECTS = 5;
/** The hub's own addresses, to which an endpoint may redirect. */
const HUB = /^https:\/\/(huggingface\.co|hub-ci\.huggingface\.co)$/;

/** What the hub says of a file. */
export interface HubAnswer {
  readonly commit: string;
  /** Size in bytes, if it tells. */
  readonly size: number | undefined;
  /** SHA-256 of a large file, Git's SHA-1 of a small one; names the blob in the cache. */
  readonly etag: string;
  /** Where the file is. */
  readonly address: string;
  /** Headers for that address. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A file of a repository. */
export interface HubTarget {
  /** What the user has asked for, for errors. */
  readonly name: HubName;
  /** Revision to ask for: that of the name, or the commit that it was found to be. */
  readonly revision: string;
  readonly file: string;
  readonly env: Environment;
}

/** Returns the address of a file. */
export function addressOf({ name: { id }, revision, file, env }: HubTarget): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${endpointOf(env)}/${id}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/**
 * Asks the hub for commit, size and hash of a file. Redirects within the hub are followed, that to the file's storage is not.
 *
 * @throws AbsentFile if the repository has no such file. BrokenConnection if there is no answer. Error that says what is wrong.
 */
export async function ask(
  target: HubTarget,
  { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal | undefined },
): Promise<HubAnswer> {
  const { name, env } = target;
  const url = addressOf(target);
  const authorization: Record<string, string> = env.HF_TOKEN
    ? { authorization: `Bearer ${env.HF_TOKEN}` }
    : {};
  const home = new URL(url).origin;
  const headersFor = (address: string) => {
    const { origin } = new URL(address);
    return origin === home || HUB.test(origin) ? authorization : {};
  };
  let address = url;
  let [commit, etag, size]: (string | null)[] = [null, null, null];
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    const answer = await request(address, {
      ...{ method: "HEAD", headers: headersFor(address), follow: false, timeout, signal },
    });
    answer.close();
    const { status, headers: told } = answer.response;
    if (status >= 400) throw refusal(target, answer.response);
    commit ??= told.get("x-repo-commit");
    etag ??= told.get("x-linked-etag");
    size ??= told.get("x-linked-size");
    const moved = status >= 300 ? told.get("location") : null;
    if (moved === null) {
      etag ??= told.get("etag");
      size ??= told.get("content-length");
    } else {
      const { href, origin } = new URL(moved, address);
      const isHub = origin === new URL(address).origin || HUB.test(origin);
      address = href;
      if (etag === null || (isHub && size === null)) continue; // such as a repository that was renamed
    }
    const blob = etag?.replace(/^W\//, "").replaceAll('"', "") ?? "";
    if (commit === null || !isCommit(commit) || !/^[\w+.-]{1,200}$/.test(blob) || /^\.+$/.test(blob))
      throw new Error(
        `${shownName(name)}: expected an answer of the Hugging Face Hub with commit and etag, got none from ${url}`,
      );
    return { commit, etag: blob, size: sizeOf(size), address, headers: headersFor(address) };
  }
  throw new Error(`${shownName(name)}: expected at most ${MOST_REDIRECTS} redirects, got more`);
}

function sizeOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Returns the error of an answer that is no file. */
export function refusal({ name, file }: HubTarget, { status, headers }: Response): Error {
  const shown = shownName(name);
  const code = headers.get("x-error-code");
  if (code === "EntryNotFound") {
    const commit = headers.get("x-repo-commit");
    const message = `${shown}: expected a repository with ${file}, got one without`;
    return new AbsentFile(message, commit !== null && isCommit(commit) ? commit : undefined);
  }
  if (code === "RevisionNotFound")
    return new Error(
      `${name.id}: expected a branch, tag or commit, got '${name.revision}', which it does not have`,
    );
  if (status === 401 || status === 403 || status === 404)
    return new Error(
      `${shown}: expected the name of a repository on the Hugging Face Hub that is public, or that HF_TOKEN may read, got neither (status ${status})`,
    );
  return new Error(`${shown}: expected status 200, got ${status} from the Hugging Face Hub`);
}

import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ask, type HubAnswer, type HubTarget, refusal } from "./ask.ts";
import { linkBlob, rememberAbsent, repositoryFolder, snapshotFolder } from "./cache.ts";
import { wrongHash } from "./checked-hash.ts";
import { type Answer, request } from "./http.ts";
import { shownName } from "./hub-name.ts";
import type { HubOptions } from "./options.ts";
import { leavePart, takePart } from "./part.ts";
import { AbsentFile, BrokenConnection } from "./problems.ts";

/** A file to download, with the options that are needed. */
export interface Wanted extends HubTarget {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: HubOptions["onProgress"];
}

/** A file of a snapshot. */
export interface Brought {
  readonly path: string;
  readonly commit: string;
}

/** A download of one file in one process: what is on disk outlives a broken connection. */
export class Download {
  readonly #wanted: Wanted;
  #blob = "";
  #part = "";
  /** Whether a wrong hash may come from an earlier try. */
  #hasOld = false;
  /** Furthest byte so far. */
  reached = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /**
   * Asks the hub, then downloads what is missing.
   *
   * @throws BrokenConnection where another try may help, AbsentFile, Error.
   */
  async try(): Promise<Brought> {
    const { name, file, env } = this.#wanted;
    const told = await ask(this.#wanted, this.#wanted).catch(async (error: unknown) => {
      if (error instanceof AbsentFile && error.commit !== undefined)
        await rememberAbsent(name.id, error.commit, file, env).catch(() => {}); // the cache may be read-only
      throw error;
    });
    const path = join(snapshotFolder(name.id, told.commit, env), file);
    if (existsSync(path)) {
      await this.#discard(); // another process was faster
      return { path, commit: told.commit };
    }
    const blob = join(repositoryFolder(name.id, env), "blobs", told.etag);
    await mkdir(dirname(blob), { recursive: true });
    const facts = await stat(blob).catch(() => undefined);
    const isThere = facts !== undefined && facts.size === (told.size ?? facts.size);
    if (isThere) await this.#discard();
    else await this.#fill(blob, told);
    await linkBlob(blob, path, !isThere, env);
    return { path, commit: told.commit };
  }

  /** Leaves what has arrived for the next download. */
  async leave(): Promise<void> {
    if (this.#part !== "") await leavePart(this.#part, this.#blob);
  }

  async #discard(): Promise<void> {
    if (this.#part !== "") await rm(this.#part, { force: true });
    this.#part = "";
  }

  async #fill(blob: string, told: HubAnswer): Promise<void> {
    if (blob !== this.#blob) {
      await this.#discard(); // of a file that has changed meanwhile
      this.#blob = blob;
      this.#part = await takePart(blob);
      this.reached = 0;
    }
    const part = this.#part;
    const handle = await open(part, existsSync(part) ? "r+" : "w+");
    let size: number;
    try {
      size = await this.#receive(handle, told);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const wrong = await wrongHash(part, size, told.etag);
    if (wrong !== undefined) {
      await rm(part, { force: true });
      if (!this.#hasOld) throw new Error(`${this.#label}: ${wrong}`);
      this.#hasOld = false;
      return this.#fill(blob, told); // what an earlier process has left was damaged
    }
    await rename(part, blob).catch(async (error: unknown) => {
      if (!existsSync(blob)) throw error;
      await rm(part, { force: true }); // another process was faster, and has the file open
    });
    this.#part = "";
  }

  /** Appends the missing bytes and returns the file's size. */
  async #receive(handle: FileHandle, told: HubAnswer): Promise<number> {
    const { file, onProgress } = this.#wanted;
    const { size: old } = await handle.stat();
    let at = old;
    if (told.size !== undefined && at > told.size) at = 0;
    if (at > 0) this.#hasOld = true;
    onProgress?.({ file, received: at, total: told.size });
    if (at > 0 && at === told.size) return at;
    let answer = await this.#request(told, at);
    if (answer.response.status === 200)
      at = 0; // the server ignores ranges
    else if (beginOf(answer.response) !== at) {
      answer.close();
      at = 0;
      answer = await this.#request(told, at);
    }
    const total = told.size ?? totalOf(answer.response);
    if (at < old) await handle.truncate(at);
    const ended = () => `it ended after ${at}${total === undefined ? "" : ` of ${total}`} bytes`;
    try {
      for await (const piece of answer.pieces()) {
        if (total !== undefined && at + piece.length > total)
          throw new Error(`${this.#label}: expected ${total} bytes, got more`);
        await writeAll(handle, piece, at).catch((cause: Error) => {
          throw new Error(`${this.#label}: could not write ${this.#part}: ${cause.message}`, { cause });
        });
        at += piece.length;
        this.reached = Math.max(this.reached, at);
        onProgress?.({ file, received: at, total });
      }
    } catch (error) {
      if (!(error instanceof BrokenConnection)) throw error;
      throw new BrokenConnection(`${ended()}: ${error.message}`, { cause: error });
    }
    if (total !== undefined && at < total) throw new BrokenConnection(ended());
    return at;
  }

  /** Asks for the bytes from `at` on; for all of them where the server has none there. */
  async #request(told: HubAnswer, at: number): Promise<Answer> {
    const { timeout, signal } = this.#wanted;
    const range: Record<string, string> = at > 0 ? { range: `bytes=${at}-` } : {};
    const answer = await request(told.address, {
      ...{ method: "GET", headers: { ...told.headers, ...range }, follow: true, timeout, signal },
    });
    const { status } = answer.response;
    if (status === 200 || (status === 206 && at > 0)) return answer;
    answer.close();
    if (status === 416 && at > 0) return this.#request(told, 0);
    throw refusal(this.#wanted, answer.response);
  }

  get #label(): string {
    return `${shownName(this.#wanted.name)}: ${this.#wanted.file}`;
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, at + done);
    done += bytesWritten;
  }
}

const RANGE = /^bytes (\d{1,15})-\d+\/(\d{1,15}|\*)$/;

/** Returns where the bytes of a partial answer begin. */
function beginOf({ headers }: Response): number {
  return Number(RANGE.exec(headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

/** Returns the size of the whole file, if an answer tells. */
function totalOf({ status, headers }: Response): number | undefined {
  const text =
    status === 206 ? RANGE.exec(headers.get("content-range") ?? "")?.[2] : headers.get("content-length");
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** Gives a folder back. Calling it again does nothing. */
export type Unlock = () => Promise<void>;

/** Longest path of a socket that every system takes, in bytes (macOS: 104 with the final 0). */
const LONGEST_ADDRESS = 103;
/** How often a lock is tried for again when two processes withdrew for each other. */
const TRIES = 5;

/**
 * Takes a folder for this process, so that no two trainings write into it.
 *
 * The lock is a socket that listens in the folder, `.lock-1`: the system closes it when the process ends, however it
 * ends, so a lock outlives no process, in a container no more than elsewhere, and a number that another process has
 * got since, as a pid, does not keep it alive. A killed process leaves the file; the next lock removes it.
 *
 * Where the folder's path is too long for a socket or its file system has none, and on Windows, the socket lies under a
 * name made from the folder's path instead. Processes on other machines that share the folder are not seen.
 *
 * @param folder - Made if it does not exist.
 * @returns What gives the folder back; the end of the process does too.
 * @throws FolderLockedError if another process, or another caller in this one, has it.
 *
 * @example
 * const unlock = await lockFolder("runs/1");
 * await unlock();
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  await mkdir(folder, { recursive: true });
  const place = await placeOf(folder);
  for (let attempt = 1; ; attempt++) {
    const before = await claimsIn(place);
    if (before.living.length > 0) throw new FolderLockedError(folder);
    const number = Math.max(0, ...before.all) + 1;
    const server = await listen(place.address(number));
    if (server === "taken") throw new FolderLockedError(folder);
    // Whoever took the folder since then has listened before this list was read, or finds this one in its own.
    const after = await claimsIn(place, number);
    if (after.living.length === 0) {
      await Promise.all(after.all.map((dead) => rm(place.address(dead), { force: true })));
      return () => close(server);
    }
    await close(server);
    if (attempt === TRIES) throw new FolderLockedError(folder);
    await new Promise((resolve) => setTimeout(resolve, 10 * attempt + (process.pid % 50)));
  }
}

/** Another training has the folder. */
export class FolderLockedError extends Error {
  override readonly name = "FolderLockedError";
  readonly folder: string;

  constructor(folder: string) {
    super(
      `lockFolder: expected a folder that no other process is training in, got '${folder}', which one is`,
    );
    this.folder = folder;
  }
}

/** Where a folder's locks listen. */
interface Place {
  readonly address: (number: number) => string;
  /** Numbers of the locks that there are, of living processes and dead ones. */
  readonly numbers: () => Promise<readonly number[]>;
}

const FILE = /^\.lock-(\d+)$/;

/** Whether a file of a folder is a lock of its own, rather than somebody's data. */
export function isLockFile(name: string): boolean {
  return FILE.test(name);
}

async function placeOf(folder: string): Promise<Place> {
  const path = await realpath(folder);
  const byName = relative(".", path).length < path.length ? relative(".", path) : path;
  const numbers = async (): Promise<number[]> =>
    (await readdir(path, { withFileTypes: true })).flatMap((entry) => {
      const [, number] = FILE.exec(entry.name) ?? [];
      return number !== undefined && entry.isSocket() ? [Number(number)] : [];
    });
  const inFolder: Place = { address: (number) => join(byName, `.lock-${number}`), numbers };
  const fits = Buffer.byteLength(inFolder.address(1_000_000)) <= LONGEST_ADDRESS;
  if (process.platform !== "win32" && fits && (await hasSockets(inFolder))) return inFolder;
  return elsewhere(createHash("sha256").update(path).digest("hex").slice(0, 32));
}

/** One name for each folder: it can be taken once, and on Windows leaves no file. */
function elsewhere(name: string): Place {
  const address =
    process.platform === "win32" ? `\\\\.\\pipe\\deit-${name}` : join(tmpdir(), `deit-${name}.lock`);
  return {
    address: (number) => (process.platform === "win32" ? address : `${address}-${number}`),
    numbers: async () => {
      if (process.platform === "win32") return (await lives(address)) ? [1] : [];
      const prefix = `deit-${name}.lock-`;
      const names = await readdir(tmpdir());
      return names.flatMap((one) => (one.startsWith(prefix) ? [Number(one.slice(prefix.length))] : []));
    },
  };
}

/** File systems without sockets say so only when one is made. */
async function hasSockets(place: Place): Promise<boolean> {
  const probe = `${place.address(0)}-${process.pid}`;
  try {
    const server = await listen(probe);
    if (server !== "taken") await close(server);
    return true;
  } catch {
    return false;
  }
}

async function claimsIn(place: Place, own?: number): Promise<{ all: number[]; living: number[] }> {
  const all = (await place.numbers()).filter((number) => number !== own);
  const alive = await Promise.all(all.map((number) => lives(place.address(number))));
  return { all, living: all.filter((_, i) => alive[i]) };
}

/** A process that computes does not answer, but the system connects for it: only a dead one's socket refuses. */
function lives(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // EAGAIN: more have asked than were answered.
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN" || code === "EACCES"));
  });
}

function listen(address: string): Promise<Server | "taken"> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve("taken");
      else reject(error);
    });
    server.listen(address, () => resolve(server));
    server.unref();
  });
}

/** Removes the socket's file, too. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

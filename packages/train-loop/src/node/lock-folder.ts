import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** Unlocks a folder. Further calls do nothing. */
export type Unlock = () => Promise<void>;

/** Longest path of a socket on every system, in bytes (macOS: 104 with the final 0). */
const LONGEST_ADDRESS = 103;
/** Attempts to lock when two processes withdraw for each other. */
const TRIES = 5;

/**
 * Locks a folder for this process, so that no two trainings write into it.
 *
 * The lock is a socket that listens in the folder, `.lock-1`. The system closes it when the process ends in any way, so a
 * lock never outlives its process, also in containers and when a process id is reused. A killed process leaves the file,
 * which the next lock removes.
 *
 * If the folder's path is too long for a socket, its file system has no sockets, or on Windows, the socket has a name derived
 * from the folder's path instead. Processes on other machines that share the folder are not detected.
 *
 * @param folder - Folder to lock; created if it does not exist.
 * @returns A function that unlocks the folder; the end of the process does too.
 * @throws FolderLockedError if another process, or another caller in this one, has locked it.
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
    // A concurrent process either listens before this list is read, or finds this lock in its own list.
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

/** Error of a folder that another training has locked. */
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

/** Addresses of a folder's locks. */
interface LockPlace {
  readonly address: (number: number) => string;
  /** Returns the numbers of existing locks, of living and dead processes. */
  readonly numbers: () => Promise<readonly number[]>;
}

const FILE = /^\.lock-(\d+)$/;

/** Whether a file name is that of a lock. */
export function isLockFile(name: string): boolean {
  return FILE.test(name);
}

async function placeOf(folder: string): Promise<LockPlace> {
  const path = await realpath(folder);
  const byName = relative(".", path).length < path.length ? relative(".", path) : path;
  const numbers = async (): Promise<number[]> =>
    (await readdir(path, { withFileTypes: true })).flatMap((entry) => {
      const [, number] = FILE.exec(entry.name) ?? [];
      return number !== undefined && entry.isSocket() ? [Number(number)] : [];
    });
  const inFolder: LockPlace = { address: (number) => join(byName, `.lock-${number}`), numbers };
  const fits = Buffer.byteLength(inFolder.address(1_000_000)) <= LONGEST_ADDRESS;
  if (process.platform !== "win32" && fits && (await hasSockets(inFolder))) return inFolder;
  return elsewhere(createHash("sha256").update(path).digest("hex").slice(0, 32));
}

/** Returns the lock's place outside the folder; on Windows a pipe, which leaves no file. */
function elsewhere(name: string): LockPlace {
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

/** Whether the file system has sockets, found out by creating one. */
async function hasSockets(place: LockPlace): Promise<boolean> {
  const probe = `${place.address(0)}-${process.pid}`;
  try {
    const server = await listen(probe);
    if (server !== "taken") await close(server);
    return true;
  } catch {
    return false;
  }
}

async function claimsIn(place: LockPlace, own?: number): Promise<{ all: number[]; living: number[] }> {
  const all = (await place.numbers()).filter((number) => number !== own);
  const alive = await Promise.all(all.map((number) => lives(place.address(number))));
  return { all, living: all.filter((_, i) => alive[i]) };
}

/** Whether a lock's process lives: the system accepts connections even while it computes, and refuses a dead one's. */
function lives(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // EAGAIN: too many connections are pending.
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

/** Closes a socket and removes its file. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

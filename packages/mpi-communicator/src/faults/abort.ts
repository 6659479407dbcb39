import { writeSync } from "node:fs";
import { bindMpi, type Mpi } from "../mpi/bindings.ts";
import { loadKoffi, openLibrary } from "../mpi/library.ts";

/** Ends all ranks: prints `rank 2 on host-b: text` to stderr, then calls `MPI_Abort`. Does not return. */
export type Abort = (text: string, exitCode?: number) => never;

/** Seconds that `MPI_Abort` may take before the operating system ends this process. */
const PATIENCE = 2;

/** Milliseconds that the launcher gets to read what this process has written, at most and at least. */
const READING = { most: 1000, least: 20 };
/** Linux' request for the bytes in a pipe that are not read yet. */
const FIONREAD = 0x541b;

/**
 * Returns what ends all ranks, callable from any thread, also while another one waits inside MPI.
 *
 * @param path - Library that is loaded already.
 */
export async function abortOf(path: string, rank: number, host: string): Promise<{ mpi: Mpi; abort: Abort }> {
  const koffi = await loadKoffi();
  const mpi = bindMpi(openLibrary(koffi, path, "any"));
  const libc = koffi.load(null);
  const alarm = libc.func("unsigned int alarm(unsigned int seconds)");
  const ioctl = libc.func("int ioctl(int fd, unsigned long request, ...)");
  const unread = (): number => {
    const count = [0];
    return ioctl(2, FIONREAD, "_Out_ int *", count) === 0 ? count[0]! : 0;
  };
  const abort: Abort = (text, exitCode = 1) => {
    printError(`rank ${rank} on ${host}: ${text}`);
    waitUntilRead(process.platform === "linux" ? unread : undefined);
    // MPI_Abort can wait for a host that is gone. SIGALRM, whose default is to end the process, needs no thread that runs.
    alarm(PATIENCE);
    try {
      mpi.call("abort", "Abort", mpi.abi.world, exitCode);
    } finally {
      process.kill(process.pid, "SIGKILL");
    }
    throw new Error("unreachable");
  };
  return { mpi, abort };
}

/** Writes a line to stderr at once: `process.stderr` of a thread waits for the main thread. */
export function printError(line: string): void {
  let rest = Buffer.from(`${line}\n`);
  for (let tries = 0; rest.length > 0 && tries < 1000; tries++) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return; // stderr is closed
    }
  }
}

/**
 * Waits for the launcher to read what was written to stderr: MPICH's drops what it has not read when it ends the ranks.
 *
 * @param unread - Number of bytes that it has not read, where that can be known.
 */
function waitUntilRead(unread: (() => number) | undefined): void {
  const until = performance.now() + READING.most;
  while (unread !== undefined && unread() > 0 && performance.now() < until) wait(1);
  wait(unread === undefined ? 5 * READING.least : READING.least); // to pass it on
}

function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

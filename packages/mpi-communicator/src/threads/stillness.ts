/** Indices of the flags that the two threads share. */
const [STILL, OVER] = [0, 1];

/** Returns the flags. */
export function newStillness(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/**
 * Runs a function in this thread while the main thread, which was asked to by a message, does nothing: `MPI_Init` may replace functions
 * of the C library and move the end of the heap, which the main thread extends whenever it needs memory.
 */
export function whileMainIsStill<Result>(flags: Int32Array, run: () => Result): Result {
  Atomics.wait(flags, STILL, 0);
  try {
    return run();
  } finally {
    Atomics.store(flags, OVER, 1);
    Atomics.notify(flags, OVER);
  }
}

/**
 * Does nothing until the other thread is done.
 *
 * @param say - Called once if that takes more than so many seconds: by then `MPI_Init` only waits for other processes.
 */
export function beStill(flags: Int32Array, seconds: number, say: () => void): void {
  Atomics.store(flags, STILL, 1);
  Atomics.notify(flags, STILL);
  if (Atomics.wait(flags, OVER, 0, 1000 * seconds) !== "timed-out") return;
  say();
  Atomics.wait(flags, OVER, 0);
}

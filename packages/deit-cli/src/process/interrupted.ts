/** The user has stopped the run; it can be resumed. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * The promise's value, for work that cannot be stopped itself and leaves nothing behind that has to be cleared away.
 *
 * @throws The signal's reason as soon as it is aborted; the work is then left to itself.
 */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => {}); // how it fails after the signal is of no interest
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

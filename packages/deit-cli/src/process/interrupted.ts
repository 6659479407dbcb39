/** The user has stopped the run; it can be resumed. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Value of a promise of work that cannot be stopped and leaves nothing to clean up.
 *
 * @throws The signal's reason as soon as it is aborted; the work then continues unobserved.
 */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => {}); // failures after the signal are ignored
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

/**
 * Result of work on a file or folder.
 *
 * @param what - What could not be done, for the message: Node's own names no path where a file is open already.
 * @throws Error naming the path and the system's reason, with the system's error as its cause.
 */
export async function naming<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${path}: could not ${what}: ${(cause as Error).message}`, { cause });
  }
}

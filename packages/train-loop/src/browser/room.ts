/**
 * Returns the error of an entry that the browser has no room for, which says what it needs and what is free.
 *
 * @param place - The storage, as the program names it.
 * @param bytes - Size of the entry.
 */
export async function noRoomError(
  place: string,
  name: string,
  bytes: number,
  cause: unknown,
): Promise<Error> {
  const needed = `${place}: the browser has no room for '${name}', which needs ${megabytes(bytes)}`;
  return new Error(`${needed}; ${await room(bytes)}`, { cause });
}

/** Describes the room of this origin. */
async function room(bytes: number): Promise<string> {
  const { usage, quota } = await estimate();
  if (usage === undefined || quota === undefined) return "it does not say how much is free";
  const used = `this site keeps ${megabytes(usage)}`;
  const free = Math.max(0, quota - usage);
  // Chromium promises 10 GiB more than is kept, whatever it allows: https://chromestatus.com/feature/4977371751645184
  if (free >= bytes) return `${used}, and is refused more although ${megabytes(free)} were promised`;
  return `${used} of ${megabytes(quota)}, so ${megabytes(free)} are free`;
}

async function estimate(): Promise<StorageEstimate> {
  try {
    return await navigator.storage.estimate();
  } catch {
    return {}; // not a secure context, or an origin of its own
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

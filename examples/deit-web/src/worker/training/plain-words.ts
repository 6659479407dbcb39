/** An error of a training for people to read; others are passed on. */
export function inPlainWords(error: unknown): unknown {
  if ((error as Error).name === "BackendLostError")
    return new Error(
      "The device that computes was lost, as when a computer sleeps. Load this page again and go on: what was saved is there.",
      { cause: error },
    );
  const noRoom = /the browser has no room for .*?, which needs ([\d.]+ MB); (.*)\); /.exec(
    (error as Error).message,
  );
  if (noRoom === null) return error;
  const [, needed, room] = noRoom;
  return new Error(
    `The browser has no room to save the training: it needs ${needed}; ${room}. Remove pictures, or free space, and go on from where it was saved last.`,
    { cause: error },
  );
}

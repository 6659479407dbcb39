import { packNumber, unpackNumber } from "../json-numbers.ts";
import type { Communicator } from "./communicator.ts";

/** Rank that decides. */
export const ROOT = 0;

/** Sends a value of rank 0, as JSON, to the others. @param value - Used on rank 0 only. @returns Rank 0's value. */
export async function broadcastJson<T>(communicator: Communicator, value?: T): Promise<T> {
  const isRoot = communicator.rank === ROOT;
  const text = new TextEncoder().encode(isRoot ? JSON.stringify(value, packNumber) : "");
  const length = Int32Array.of(text.length);
  await communicator.broadcast(length, ROOT);
  const bytes = isRoot ? text : new Uint8Array(length[0]!);
  await communicator.broadcast(bytes, ROOT);
  return isRoot ? value! : (JSON.parse(new TextDecoder().decode(bytes), unpackNumber) as T);
}

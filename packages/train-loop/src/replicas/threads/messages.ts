import type { Memory } from "../../communicator/memory.ts";

/** Message between the thread of `fit` and a replica's. */
export type Message =
  /** `bytes` of `buffer` to copy; the receiver then sends `received` with the id, and the memory if it was transferred. */
  | { readonly kind: "broadcast"; readonly buffer: Memory; readonly bytes: number; readonly id: number }
  | { readonly kind: "received"; readonly id: number; readonly buffer?: ArrayBuffer }
  /** A rank's values in `buffer`; from rank 0 their sum, in the same memory. */
  | { readonly kind: "allreduce"; readonly buffer: Memory; readonly bytes: number }
  | { readonly kind: "barrier" };

/** Sends a message to another thread, with the memory that is not shared. */
export type Send = (message: Message) => void;

/** The part of Node's and browsers' Workers and ports that sends. */
interface Poster {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** Returns a function that sends messages through a Worker or a port. */
export function sendThrough(poster: Poster): Send {
  return (message) => {
    const buffer = "buffer" in message ? message.buffer : undefined;
    poster.postMessage(message, buffer instanceof ArrayBuffer ? [buffer] : []);
  };
}

/** Throws a RangeError if another rank has given values of another size. */
export function requireBytes(operation: string, expected: number, got: number): void {
  if (got !== expected) {
    throw new RangeError(
      `Communicator.${operation}: every rank must give as many bytes, got ${expected} and ${got}`,
    );
  }
}

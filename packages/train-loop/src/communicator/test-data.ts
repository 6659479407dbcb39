import { Hub } from "../replicas/threads/hub.ts";
import type { Message } from "../replicas/threads/messages.ts";
import { Spoke } from "../replicas/threads/spoke.ts";

/** Ranks in this thread, that talk as threads do: in shared memory, or by memory that is transferred. */
export function ranksHere(others: number, isShared = true): { hub: Hub; spokes: Spoke[] } {
  const spokes: Spoke[] = [];
  const later = (message: Message, deliver: (received: Message) => void) => {
    const sent = "buffer" in message && message.buffer instanceof ArrayBuffer;
    const received = sent ? structuredClone(message, { transfer: [message.buffer as ArrayBuffer] }) : message;
    queueMicrotask(() => deliver(received));
  };
  const hub: Hub = new Hub(
    Array.from(
      { length: others },
      (_, i) => (message) => later(message, (received) => spokes[i]!.deliver(received)),
    ),
    isShared,
  );
  for (let rank = 1; rank <= others; rank++) {
    const send = (message: Message) => later(message, (received) => hub.deliver(rank, received));
    spokes.push(new Spoke(rank, others + 1, send, isShared));
  }
  return { hub, spokes };
}

import type { Message } from "./messages.ts";

/** Queue of one sender's messages. */
export class Inbox {
  readonly #messages: Message[] = [];
  readonly #waiting: { resolve: (message: Message) => void; reject: (error: unknown) => void }[] = [];
  #failure: { readonly error: unknown } | undefined;

  deliver(message: Message): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#messages.push(message);
    else next.resolve(message);
  }

  /** Rejects all pending and later waits. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Returns the next message. @throws Error if it has another kind: the ranks do not call the same operations. */
  async next<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const message =
      this.#messages.shift() ??
      (await new Promise<Message>((resolve, reject) => this.#waiting.push({ resolve, reject })));
    if (message.kind !== kind) {
      throw new Error(`Communicator: expected '${kind}' of the other ranks, got '${message.kind}'`);
    }
    return message as Extract<Message, { kind: Kind }>;
  }
}

/** What the main thread and a replica's thread send each other; bytes travel in shared memory, these only say where. */
export type Message =
  /** `bytes` of `buffer` are to be copied out, and its number then sent back. */
  | {
      readonly kind: "broadcast";
      readonly buffer: SharedArrayBuffer;
      readonly bytes: number;
      readonly id: number;
    }
  | { readonly kind: "received"; readonly id: number }
  /** A rank's values lie in `buffer`; to the threads: the sum does. */
  | { readonly kind: "allreduce"; readonly buffer: SharedArrayBuffer; readonly bytes: number }
  | { readonly kind: "barrier" };

/** Messages of one sender, in order, waited for one by one. */
export class Inbox {
  readonly #messages: Message[] = [];
  readonly #waiting: { resolve: (message: Message) => void; reject: (error: unknown) => void }[] = [];
  #failure: { readonly error: unknown } | undefined;

  deliver(message: Message): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#messages.push(message);
    else next.resolve(message);
  }

  /** From now on every wait is rejected. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** @throws Error if the next message is of another kind: the ranks do not call the same operations. */
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

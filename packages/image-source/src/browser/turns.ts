/**
 * Lets the page or the Worker do what else there is: input, painting, messages. By messages of its own, for frames stop in a hidden tab,
 * and timers are slowed down there to one a second.
 */
export class Turns {
  readonly #channel = new MessageChannel();
  #resolve: (() => void) | undefined;

  constructor() {
    this.#channel.port2.onmessage = () => this.#resolve?.();
  }

  /** Resolves after everything that was waiting. One call at a time. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port1.postMessage(undefined);
    });
  }

  close(): void {
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

import type { Message } from "../../replicas/threads/messages.ts";
import { type ReplicaStart, replicaError } from "../../replicas/threads/threads.ts";
import { type Report, unwrapped, wrapped } from "./handshake.ts";

/** Connection of a {@link ReplicaWorker}. */
export interface ReplicaConnection {
  /** A channel's ports: of this thread and of the Worker. */
  readonly ports: readonly [here: MessagePort, there: MessagePort];
  /** Receives a message of the Worker's communicator. */
  onMessage(message: Message): void;
  /** Receives the reason why the replica cannot go on. */
  onFailure(error: Error): void;
}

/** A replica's Worker, told to start when it listens, and watched until it is closed. */
export class ReplicaWorker {
  readonly #worker: Worker;
  readonly #rank: number;
  readonly #connection: ReplicaConnection;
  /** Aborted when the Worker is closed: what happens to it later does not count. */
  readonly #open = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(worker: Worker, rank: number, connection: ReplicaConnection) {
    this.#worker = worker;
    this.#rank = rank;
    this.#connection = connection;
    const { signal } = this.#open;
    const [port] = connection.ports;
    worker.addEventListener("error", (event) => this.#fail(errorOf(event)), { signal });
    for (const target of [worker, port]) {
      const onUnread = () => this.#fail(new Error("a message of its Worker could not be read"));
      target.addEventListener("messageerror", onUnread, { signal });
    }
    port.onmessage = ({ data }: MessageEvent<Message | Report>) => {
      if (data.kind === "failed") this.#fail(data.error);
      else if (data.kind === "started") this.#watch(data.life);
      else connection.onMessage(data);
    };
  }

  /** Starts the replica once its Worker says that it listens, which must be within `seconds`. */
  start(start: ReplicaStart, seconds: number): void {
    const { signal } = this.#open;
    const port = this.#connection.ports[1];
    const onReady = (event: MessageEvent) => {
      if (unwrapped(event)?.kind !== "ready") return;
      event.stopImmediatePropagation();
      this.#worker.removeEventListener("message", onReady);
      try {
        this.#worker.postMessage(wrapped({ kind: "start", start: { ...start, port } }), [port]);
      } catch (cause) {
        this.#fail(new TypeError(`setup.data must be cloneable: ${(cause as Error).message}`, { cause }));
      }
    };
    this.#worker.addEventListener("message", onReady, { signal });
    this.#worker.postMessage(wrapped({ kind: "ask" })); // it may have said so before
    this.#timer = setTimeout(() => {
      const within = `within ${seconds} seconds (setup.startSeconds)`;
      this.#fail(
        new Error(`its Worker's script has not called serveReplicaWorker of train-loop/browser ${within}`),
      );
    }, 1000 * seconds);
  }

  /** Terminates the Worker. */
  close(): void {
    clearTimeout(this.#timer);
    this.#open.abort();
    this.#connection.ports[0].close();
    this.#worker.terminate();
  }

  /** Notices when the Worker ends in any way, by the lock that it holds while it lives. */
  #watch(life: string | undefined): void {
    clearTimeout(this.#timer);
    if (life === undefined) return;
    const onFree = () => this.#fail(new Error("its Worker has ended"));
    navigator.locks.request(life, { signal: this.#open.signal }, onFree).catch(() => {}); // closed
  }

  #fail(cause: unknown): void {
    if (this.#open.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#connection.onFailure(replicaError(this.#rank, cause));
  }
}

/** Returns the error of a Worker's `error` event, which has no message if its script cannot be loaded or parsed. */
function errorOf(event: ErrorEvent): Error {
  event.preventDefault(); // fit reports it
  const { message, filename, lineno, error } = event;
  if (!message) return new Error("its Worker's script could not be loaded or read");
  const place = filename ? ` (${filename}:${lineno})` : "";
  return new Error(`${message.replace(/^Uncaught /, "")}${place}`, { cause: error ?? undefined });
}

import { Worker } from "node:worker_threads";
import { printError } from "../faults/abort.ts";
import { tuneOpenMpi } from "../mpi/tune-open-mpi.ts";
import type { MpiStart, Operation, Reply, Request, Started } from "./messages.ts";
import { beStill, newStillness } from "./stillness.ts";

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** The thread that calls MPI, as the main thread sees it. It keeps the process alive only while an operation is under way. */
export class MpiThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private failure: Error | undefined;
  private lastId = 0;

  private constructor(start: Omit<MpiStart, "stillness">, patienceSeconds: number) {
    const stillness = newStillness();
    const workerData: MpiStart = { ...start, stillness };
    this.worker = new Worker(new URL("./mpi-worker.js", import.meta.url), {
      name: "MPI",
      workerData,
      execArgv: [], // the program's own flags do not concern the thread's file
    });
    this.worker.on("message", (reply: Reply) => {
      if (reply.id === -1) beStill(stillness, patienceSeconds, () => printError(waitingWords(start)));
      else this.settle(reply);
    });
    this.worker.on("error", (cause) => {
      this.fail(new Error(`mpiCommunicator: the thread that calls MPI failed: ${cause.message}`, { cause }));
    });
    this.worker.on("exit", () =>
      this.fail(new Error("mpiCommunicator: the thread that calls MPI has ended")),
    );
  }

  /**
   * Starts the thread and MPI in it.
   *
   * @param patienceSeconds - Seconds of waiting for the other processes after which it is said on stderr.
   */
  static async start(
    start: Omit<MpiStart, "stillness">,
    patienceSeconds: number,
  ): Promise<{ thread: MpiThread; started: Started }> {
    tuneOpenMpi();
    const thread = new MpiThread(start, patienceSeconds);
    try {
      const { started } = await thread.reply(0);
      return { thread, started: started! };
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  /** Does an operation after those before it. */
  async run(operation: Operation): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const id = ++this.lastId;
    const request: Request = { id, operation };
    this.worker.postMessage(request);
    await this.reply(id);
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private reply(id: number): Promise<Reply> {
    this.worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) this.worker.unref();
    if (reply.error === undefined) waiting?.resolve(reply);
    else waiting?.reject(reply.error);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}

function waitingWords({ launcher, host }: Omit<MpiStart, "stillness">): string {
  return (
    `mpiCommunicator: process ${process.pid} on ${host} still waits for others: all that ${launcher} started must call ` +
    "mpiCommunicator; one has not yet, is stopped, or its host is gone"
  );
}

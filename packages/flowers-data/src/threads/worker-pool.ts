import { Worker } from "node:worker_threads";
import type { ViewPlan, Views } from "../make-views.ts";
import { type Task, work } from "./work.ts";
import type { Reply } from "./worker.ts";

/** Does tasks in threads. */
export interface WorkerPool {
  /** The views of a task that makes some. */
  run(task: Task): Promise<Views | undefined>;
  /** Ends the threads; tasks under way are rejected. Can be called twice. */
  close(): Promise<void>;
}

interface Waiting {
  readonly task: Task;
  readonly resolve: (value: Views | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly underWay: Map<number, Waiting>;
}

/**
 * Starts threads. They do not keep a process alive unless a task is under way.
 *
 * A bundler that does not know `new Worker(new URL(…))` leaves the threads' file behind (esbuild and Rollup; webpack takes it
 * along). The tasks are then done in this thread, with the same results, and Node prints a warning.
 *
 * @param threads - How many.
 * @param queued - Tasks that a thread holds. More than one lets it continue while this thread is too busy to hand out work.
 * @param plan - Sent to each thread once; shared memory in it is shared.
 */
export function startPool(threads: number, queued: number, plan: ViewPlan | undefined): WorkerPool {
  const pool: Thread[] = [];
  const queue: Waiting[] = [];
  let isLocal = false;
  let failure: Error | undefined;
  let lastId = 0;

  const fail = (error: Error): void => {
    failure ??= error;
    const lost = [...pool.flatMap(({ underWay }) => [...underWay.values()]), ...queue.splice(0)];
    for (const { underWay } of pool) underWay.clear();
    for (const { reject } of lost) reject(failure);
  };
  const workHere = (cause: unknown): void => {
    if (!isLocal) warn(cause);
    isLocal = true;
    const waiting = [...pool.flatMap(({ underWay }) => [...underWay.values()]), ...queue.splice(0)];
    pool.splice(0);
    for (const { task, resolve, reject } of waiting) work(plan, task).then(resolve, reject);
  };
  const handOut = (): void => {
    for (;;) {
      const free = pool.reduce((least, one) => (one.underWay.size < least.underWay.size ? one : least));
      if (queue.length === 0 || free.underWay.size >= queued) return;
      const waiting = queue.shift()!;
      const id = lastId++;
      free.underWay.set(id, waiting);
      free.worker.ref();
      free.worker.postMessage({ id, task: waiting.task });
    }
  };
  const start = (): void => {
    const worker = new Worker(new URL("./flowers-data-worker.js", import.meta.url), {
      workerData: plan,
      execArgv: [], // the program's own flags (--input-type, loaders) do not concern the threads' file
    });
    const thread: Thread = { worker, underWay: new Map() };
    worker.unref();
    worker.on("message", (reply: Reply) => {
      const waiting = thread.underWay.get(reply.id);
      thread.underWay.delete(reply.id);
      if (thread.underWay.size === 0) worker.unref();
      if ("error" in reply) waiting?.reject(reply.error);
      else waiting?.resolve(reply.value);
      if (pool.includes(thread) && failure === undefined) handOut();
    });
    worker.on("error", (cause: Error) => {
      if (isMissing(cause)) workHere(cause);
      else fail(new Error(`flowers-data: a worker thread failed: ${cause.message}`, { cause }));
    });
    worker.on("exit", (code) => {
      if (pool.includes(thread))
        fail(new Error(`flowers-data: a worker thread ended, with exit code ${code}`));
    });
    pool.push(thread);
  };

  try {
    for (let i = 0; i < threads; i++) start();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_INVALID_URL") throw cause;
    workHere(cause); // a bundle of CommonJS does not know its own address
  }
  return {
    run: (task) => {
      if (failure !== undefined) return Promise.reject(failure);
      if (isLocal) return work(plan, task);
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject });
        handOut();
      });
    },
    close: async () => {
      fail(new Error("flowers-data: the threads were ended by close()"));
      await Promise.all(pool.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

/** Whether the threads' own file is what was not found. */
function isMissing({ message, code }: NodeJS.ErrnoException): boolean {
  return (
    /MODULE_NOT_FOUND$/.test(code ?? "") && /flowers-data-worker\.js'?( imported from|$|\n)/.test(message)
  );
}

function warn(cause: unknown): void {
  process.emitWarning(
    "flowers-data-worker.js does not lie beside the code that starts it: pictures are decoded and drawn in the main thread, " +
      "with the same results, only slower. To have threads, leave flowers-data out of the bundle " +
      `(external: ["flowers-data"]) (${(cause as Error).message})`,
    { code: "FLOWERS_DATA_NO_THREADS" },
  );
}

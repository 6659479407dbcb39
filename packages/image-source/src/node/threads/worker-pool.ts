import type { Worker, WorkerOptions } from "node:worker_threads";
import { COUNT, requireOptions } from "known-options";
import type { Reply } from "./serve-tasks.ts";

/**
 * A kind of thread, as the package has it that uses one. The module that `start` runs calls `serveTasks` with the same `work`.
 */
export interface WorkerModule<Data, Task, Value> {
  /** The package's name, for errors and warnings. */
  readonly owner: string;
  /** File name of the worker's module. */
  readonly file: string;
  /**
   * Starts a thread. Written as `(options) => new Worker(new URL("./square-worker.js", import.meta.url), options)`, bundlers that
   * know this form (webpack) take the file along.
   */
  start(options: WorkerOptions): Worker;
  /** Does a task in the thread that calls it. */
  work(data: Data, task: Task): Value | Promise<Value>;
}

/** Options of {@link startPool}. */
export interface PoolOptions {
  /** Number of threads. */
  readonly threads: number;
  /** Tasks that a thread holds. More than one lets it continue while the main thread is too busy to hand out work. */
  readonly queued: number;
}

/** Does tasks in threads. */
export interface WorkerPool<Task, Value> {
  run(task: Task): Promise<Value>;
  /** Ends the threads; tasks under way are rejected. Can be called twice. */
  close(): Promise<void>;
}

interface Waiting<Task, Value> {
  readonly task: Task;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<Task, Value> {
  readonly worker: Worker;
  readonly underWay: Map<number, Waiting<Task, Value>>;
}

/**
 * Starts threads. They do not keep a process alive unless a task is under way.
 *
 * A bundler that does not know `new Worker(new URL(…))` leaves the threads' file behind (esbuild and Rollup). The tasks are then
 * done in this thread, with the same results, and Node prints a warning.
 *
 * @param data - Sent to each thread once; shared memory in it is shared.
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 */
export function startPool<Data, Task, Value>(
  module: WorkerModule<Data, Task, Value>,
  data: Data,
  options: PoolOptions,
): WorkerPool<Task, Value> {
  requireOptions("startPool", options, { threads: COUNT, queued: COUNT });
  const { threads, queued } = options;
  const pool: Thread<Task, Value>[] = [];
  const queue: Waiting<Task, Value>[] = [];
  let isLocal = false;
  let failure: Error | undefined;
  let lastId = 0;

  const workNow = async (task: Task): Promise<Value> => module.work(data, task);
  const fail = (error: Error): void => {
    failure ??= error;
    const lost = [...pool.flatMap(({ underWay }) => [...underWay.values()]), ...queue.splice(0)];
    for (const { underWay } of pool) underWay.clear();
    for (const { reject } of lost) reject(failure);
  };
  const workHere = (cause: unknown): void => {
    if (!isLocal) warn(module, cause);
    isLocal = true;
    const waiting = [...pool.flatMap(({ underWay }) => [...underWay.values()]), ...queue.splice(0)];
    pool.splice(0);
    for (const { task, resolve, reject } of waiting) workNow(task).then(resolve, reject);
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
    const worker = module.start({
      workerData: data,
      execArgv: [], // the program's own flags (--input-type, loaders) do not concern the threads' file
    });
    const thread: Thread<Task, Value> = { worker, underWay: new Map() };
    worker.unref();
    worker.on("message", (reply: Reply<Value>) => {
      const waiting = thread.underWay.get(reply.id);
      thread.underWay.delete(reply.id);
      if (thread.underWay.size === 0) worker.unref();
      if ("error" in reply) waiting?.reject(reply.error);
      else waiting?.resolve(reply.value);
      if (pool.includes(thread) && failure === undefined) handOut();
    });
    worker.on("error", (cause: Error) => {
      if (isMissing(module.file, cause)) workHere(cause);
      else fail(new Error(`${module.owner}: a worker thread failed: ${cause.message}`, { cause }));
    });
    worker.on("exit", (code) => {
      if (pool.includes(thread))
        fail(new Error(`${module.owner}: a worker thread ended, with exit code ${code}`));
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
      if (isLocal) return workNow(task);
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject });
        handOut();
      });
    },
    close: async () => {
      fail(new Error(`${module.owner}: the threads were ended by close()`));
      await Promise.all(pool.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

/** Whether the threads' own file is what was not found. */
function isMissing(file: string, { message, code }: NodeJS.ErrnoException): boolean {
  const isEnd = (rest: string): boolean => /^'?( imported from|$|\n)/.test(rest);
  return /MODULE_NOT_FOUND$/.test(code ?? "") && message.split(file).slice(1).some(isEnd);
}

function warn(
  { owner, file }: Pick<WorkerModule<never, never, never>, "owner" | "file">,
  cause: unknown,
): void {
  process.emitWarning(
    `${file} does not lie beside the code that starts it: ${owner} works in the main thread, with the same results, only slower. ` +
      `To have threads, leave ${owner} out of the bundle (external: ["${owner}"]) (${(cause as Error).message})`,
    { code: "NO_WORKER_THREADS" },
  );
}

import { parentPort, type TransferListItem, workerData } from "node:worker_threads";

/** A thread's reply to a task. */
export type Reply<Value> =
  | { readonly id: number; readonly value: Value }
  | { readonly id: number; readonly error: unknown };

/**
 * Makes this worker thread do the tasks of a pool; all that a pool's worker module has to call.
 *
 * @param work - As in the pool's `WorkerModule`: the pool's data and a task in, the value out.
 * @param transferOf - Arrays of a value that are handed over instead of copied. Default: none.
 *
 * @example
 * ```ts norun
 * // square-worker.ts
 * serveTasks((_, task: number) => task ** 2);
 * ```
 */
export function serveTasks<Data, Task, Value>(
  work: (data: Data, task: Task) => Value | Promise<Value>,
  transferOf: (value: Value) => readonly TransferListItem[] = () => [],
): void {
  const port = parentPort;
  if (port === null) throw new Error("serveTasks: expected a worker thread, got the main thread");
  port.on("message", async ({ id, task }: { id: number; task: Task }) => {
    try {
      const value = await work(workerData as Data, task);
      port.postMessage({ id, value } satisfies Reply<Value>, transferOf(value));
    } catch (error) {
      port.postMessage({ id, error } satisfies Reply<Value>);
    }
  });
}

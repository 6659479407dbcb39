// A thread of worker-pool.ts: does the tasks that it is sent, and hands the arrays over without copying them.
import { parentPort, workerData } from "node:worker_threads";
import type { ViewPlan } from "../make-views.ts";
import { type Task, work } from "./work.ts";

/** What a thread answers. */
export type Reply =
  | { readonly id: number; readonly value: Awaited<ReturnType<typeof work>> }
  | { readonly id: number; readonly error: unknown };

parentPort!.on("message", async ({ id, task }: { id: number; task: Task }) => {
  try {
    const value = await work(workerData as ViewPlan | undefined, task);
    const arrays = (value?.images ?? []).map(({ buffer }) => buffer as ArrayBuffer);
    parentPort!.postMessage({ id, value } satisfies Reply, arrays);
  } catch (error) {
    parentPort!.postMessage({ id, error } satisfies Reply);
  }
});

import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { makeViews, type ViewPlan, type ViewTask } from "./make-views.ts";
import { type DrawTask, drawInto } from "./procedural/draw-into.ts";

/** Entry of a worker thread: one batch, its arrays handed over without copying. */
export async function views(task: ViewTask): Promise<unknown> {
  const made = await makeViews(workerData as ViewPlan, task);
  return move({
    [transferableSymbol]: made.images.map(({ buffer }) => buffer),
    [valueSymbol]: made,
  });
}

/** Entry of a worker thread: some procedural flowers, drawn into shared memory. */
export function draw(task: DrawTask): void {
  drawInto(task);
}

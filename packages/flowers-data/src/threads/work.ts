import { makeViews, type ViewPlan, type Views, type ViewTask } from "../make-views.ts";
import { type DrawTask, drawInto } from "../procedural/draw-into.ts";

/** One piece of work for a thread. */
export type Task = ({ readonly name: "views" } & ViewTask) | ({ readonly name: "draw" } & DrawTask);

/** Does a task: here or in a thread, with the same result. */
export async function work(plan: ViewPlan | undefined, task: Task): Promise<Views | undefined> {
  if (task.name === "views") return makeViews(plan!, task);
  drawInto(task);
  return undefined;
}

import { Worker } from "node:worker_threads";
import type { WorkerModule } from "../threads/worker-pool.ts";
import { makeViews, type StorePlan, type Views, type ViewTask } from "./make-views.ts";

/** The threads that decode and augment. */
export const VIEWS: WorkerModule<StorePlan, ViewTask, Views> = {
  owner: "image-source",
  file: "views-worker.js",
  start: (options) => new Worker(new URL("./views-worker.js", import.meta.url), options),
  work: makeViews,
};

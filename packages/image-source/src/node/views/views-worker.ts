import { serveTasks } from "../threads/serve-tasks.ts";
import { makeViews } from "./make-views.ts";

serveTasks(makeViews, ({ images }) => images.map(({ buffer }) => buffer as ArrayBuffer));

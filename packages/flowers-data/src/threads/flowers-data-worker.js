// Stands where the build puts the thread's file, and runs it from its TypeScript source. In this repository only.
import { register } from "node:module";
import { register as readTypeScript } from "tsx/esm/api";

// A thread does not inherit the export condition that the sources of the workspace's packages are found by.
const hooks = `export const resolve = (name, context, next) =>
  next(name, { ...context, conditions: [...context.conditions, "@deit/source"] });`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
readTypeScript();
await import("./worker.ts");

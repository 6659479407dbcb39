// A worker thread from its TypeScript source, as tests and `pnpm start` need one: nothing is built here.
import { register } from "node:module";
import { register as readTypeScript } from "tsx/esm/api";

/** Runs a TypeScript module in a thread, which does not inherit what its process was started with. */
export async function importSource(url) {
  const hooks = `export const resolve = (name, context, next) =>
    next(name, { ...context, conditions: [...context.conditions, "@deit/source"] });`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  readTypeScript();
  await import(url.href);
}

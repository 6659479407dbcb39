import { type Kernel, replaceKernel } from "kernel-contract";
import type { Context } from "../../context.ts";

/**
 * `tf.clone` without the copy, as on tfjs' other backends: the new tensor shares the data, which is freed with the last
 * of them. tfjs' own kernel copies, and as its gradient tape clones whatever it saves, it holds activations twice.
 */
export const identity: Kernel<Context> = replaceKernel("Identity", (context, { x }, _, own) => {
  return x.dtype === "string" ? own() : context.share(x);
});

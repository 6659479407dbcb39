import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import { type Context, DOUBLE } from "../../context.ts";

/** `{x: [..., dim], gamma: [dim], beta: [dim]}`, `{epsilon}` → `[y, mean: [rows], rstd: [rows]]`. */
export const layerNorm: Kernel<Context> = defineKernel(
  "LayerNorm",
  (context, { x, gamma, beta }, { epsilon }) => {
    const [rows, dim] = rowsOf(x.shape);
    const outputs = [context.output(x.shape), context.output([rows]), context.output([rows])] as const;
    const inputsAt = [x, gamma, beta].map((tensor) => context.pointer(tensor));
    const outputsAt = outputs.map((tensor) => context.pointer(tensor));
    context.c.layer_norm(...inputsAt, ...outputsAt, rows, dim, epsilon);
    return outputs;
  },
);

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`. */
export const layerNormGrad: Kernel<Context> = defineKernel(
  "LayerNormGrad",
  (context, { x, gamma, mean, rstd, dy }) => {
    const [rows, dim] = rowsOf(x.shape);
    const outputs = [context.output(x.shape), context.output([dim]), context.output([dim])] as const;
    const inputsAt = [x, gamma, mean, rstd, dy].map((tensor) => context.pointer(tensor));
    const outputsAt = outputs.map((tensor) => context.pointer(tensor));
    context.c.layer_norm_grad(...inputsAt, ...outputsAt, rows, dim, context.scratch(DOUBLE * 2 * dim));
    return outputs;
  },
);

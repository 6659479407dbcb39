import { DOUBLE, requireFloat32 } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/** `{x: [rows, dim], gamma: [dim], beta: [dim]}`, `{epsilon}` → `[y, mean: [rows], rstd: [rows]]`. */
export const layerNorm: Kernel = {
  name: "LayerNorm",
  run(context, { x, gamma, beta }, { epsilon }) {
    requireFloat32("LayerNorm", { x: x!, gamma: gamma!, beta: beta! });
    const [rows, dim] = x!.shape as [number, number];
    const outputs = [context.output(x!.shape), context.output([rows]), context.output([rows])];
    const inputsAt = [x!, gamma!, beta!].map((tensor) => context.pointer(tensor));
    const outputsAt = outputs.map((tensor) => context.pointer(tensor));
    context.c.layer_norm(...inputsAt, ...outputsAt, rows, dim, epsilon);
    return outputs;
  },
};

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`. */
export const layerNormGrad: Kernel = {
  name: "LayerNormGrad",
  run(context, { x, gamma, mean, rstd, dy }) {
    requireFloat32("LayerNormGrad", { x: x!, gamma: gamma!, mean: mean!, rstd: rstd!, dy: dy! });
    const [rows, dim] = x!.shape as [number, number];
    const outputs = [context.output(x!.shape), context.output([dim]), context.output([dim])];
    const inputsAt = [x!, gamma!, mean!, rstd!, dy!].map((tensor) => context.pointer(tensor));
    const outputsAt = outputs.map((tensor) => context.pointer(tensor));
    context.c.layer_norm_grad(...inputsAt, ...outputsAt, rows, dim, context.scratch(DOUBLE * 2 * dim));
    return outputs;
  },
};

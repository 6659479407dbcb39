import type { Builder } from "../builder.ts";
import type { Converter, NamedWeights } from "../converter.ts";
import { value } from "../value.ts";
import { activated } from "./activation.ts";

/** `x · kernel + bias`, along the last axis. */
export function product(
  x: string,
  kernel: NamedWeights,
  bias: NamedWeights | undefined,
  to: Builder,
): string {
  const y = to.product(x, kernel);
  return bias === undefined ? y : to.node("Add", [y, to.floats(bias, bias.name)]);
}

/** tfjs' Dense, and Linear of vit-blocks. */
export const dense: Converter = (call, to) => {
  const bias = call.has("bias") ? call.weight("bias") : undefined;
  const y = product(to.plain(call.inputs[0]!), call.weight("kernel"), bias, to);
  return activated(call, value(y, call.shapes[0]!), to, call.config.activation);
};

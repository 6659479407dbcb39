import { defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../../context.ts";

/** `{x: [batch, height, width, channels]}`, `{patchSize: p}` → `[batch, patches, p · p · channels]`. */
export const patchExtract: Kernel<Context> = defineKernel("PatchExtract", (context, { x }, { patchSize }) => {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new Error(`PatchExtract: expected patchSize to divide [${height}, ${width}], got ${patchSize}`);
  }
  const patches = (height / patchSize) * (width / patchSize);
  const y = context.output([batch, patches, patchSize * patchSize * channels]);
  const at = [context.pointer(x), context.pointer(y)];
  context.c.patch_extract(...at, batch, height, width, channels, patchSize);
  return y;
});

import type * as tfl from "@tensorflow/tfjs-layers";
import { OURS, STOCK } from "./models.ts";
import { CARRIED, KERNEL_CASES, modelOf } from "./own-layers.ts";

const own = Object.entries({ ...CARRIED, ...KERNEL_CASES }).map(
  ([name, call]) => [`a layer of a user's own: ${name}`, () => modelOf(call)] as const,
);

/** All models, by what they try. */
export const ALL: Readonly<Record<string, () => tfl.LayersModel>> = {
  ...STOCK,
  ...OURS,
  ...Object.fromEntries(own),
};

import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { loadNamedWeights, modelWeights, type WeightsReport, type WeightsSource } from "named-weights";
import { namingOf, timmKey, type WeightNames } from "./weight-names.ts";

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** Whether to load the file's head or to keep the model's own, if any. Default `"load"`. */
  readonly head?: "load" | "keep";
}

/** Checks of {@link LoadWeightsOptions}. */
export const LOAD_CHECKS: Checks<LoadWeightsOptions> = { head: optional(oneOf("load", "keep")) };

/**
 * Loads published or saved weights into a model of `bit`, all or none: a file that does not fit or is damaged changes
 * nothing.
 *
 * Reads timm's names and layout, and those of Google's BiT with any prefix, as in its .npz files and in SavedModels. Names
 * and shapes are compared with the model before any tensor is read.
 *
 * @param source - A file of `openNpz`, `openSavedModelZip` or `openTensorBundle` of `named-weights`; or a safetensors file:
 * its bytes, a `Blob`, or any source of `safetensors-io`.
 * @returns Keys of the weights that were used, kept and skipped, in timm's names.
 * @throws RangeError that names the first tensors that do not fit (expected and found shape), are missing or unexpected, or
 * contain NaN or infinities; or if the file is damaged. TypeError for an unknown option.
 *
 * @example
 * ```ts norun
 * import { openNpz } from "named-weights";
 * import { blobSource } from "safetensors-io";
 *
 * const model = bit({ ...bitSizes.r50x1, classes: 5 });
 * await loadWeights(model, await openNpz(blobSource(blob)), { head: "keep" });
 * ```
 */
export async function loadWeights(
  model: tfl.LayersModel,
  source: WeightsSource,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport<WeightNames>> {
  const { head = "load" } = requireOptions("loadWeights", options, LOAD_CHECKS);
  const weights = modelWeights("loadWeights", model, timmKey);
  const isHead = (key: string): boolean => key.startsWith("head.");
  const ofHead = (key: string) => (isHead(key) ? "head" : undefined);
  return loadNamedWeights(source, {
    ...{ caller: "loadWeights", weights },
    namingOf: (tensors) => namingOf(tensors, weights.keys()),
    differences: {
      accepted: head === "keep" ? ["head"] : [],
      ...{ optionFor: () => 'head: "keep"', missing: ofHead, unexpected: ofHead },
      changed({ key, found, expected }) {
        const stays = isHead(key) && (head === "keep" || found.join() !== expected.join());
        return stays ? { needs: ["head"] } : undefined;
      },
    },
  });
}

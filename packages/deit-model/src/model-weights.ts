import type * as tfl from "@tensorflow/tfjs-layers";
import { timmName } from "./timm-name.ts";
import { torchShape } from "./torch-layout.ts";

/** A weight of a model, with PyTorch's name and shape. */
export interface ModelWeight {
  /** timm's key. */
  readonly key: string;
  /** As PyTorch lays it out. */
  readonly torchShape: readonly number[];
  readonly variable: tfl.LayerVariable;
}

/**
 * The weights of a model by timm's keys.
 *
 * @throws RangeError if two weights have one key: then it is no model of ours.
 */
export function modelWeights(caller: string, model: tfl.LayersModel): Map<string, ModelWeight> {
  if (!Array.isArray(model?.weights)) {
    throw new TypeError(`${caller}: model must be a tfjs layers model, got ${typeof model}`);
  }
  const weights = new Map<string, ModelWeight>();
  for (const variable of model.weights) {
    const key = timmName(variable.originalName);
    if (weights.has(key)) {
      throw new RangeError(`${caller}: expected one weight per name, got two of ${key}`);
    }
    weights.set(key, { key, variable, torchShape: torchShape(variable.shape as number[]) });
  }
  return weights;
}

/** Patches per side; `undefined` if the model has no patch embedding or an open image size. */
export function patchGrid(
  model: tfl.LayersModel,
  weights: ReadonlyMap<string, ModelWeight>,
): [height: number, width: number] | undefined {
  const [, height, width] = model.inputs[0]?.shape ?? [];
  const patch = weights.get("patch_embed.proj.weight")?.torchShape;
  if (!height || !width || patch?.length !== 4) return undefined;
  return [height / patch[2]!, width / patch[3]!];
}

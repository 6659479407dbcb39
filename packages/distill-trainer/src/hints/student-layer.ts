import type * as tfl from "@tensorflow/tfjs-layers";
import type { Grid } from "../losses/resize-maps.ts";
import { layerOutputs, layersOfModel } from "../models/layers-of-model.ts";

/** A student's layer whose output learns from a teacher's. */
export interface StudentLayer {
  readonly name: string;
  readonly channels: number;
  /** Rows and columns of its places; absent for a vector. */
  readonly grid?: Grid;
  /** Class tokens and registers before the patches. */
  readonly prefixTokens: number;
}

/**
 * Returns a student's layer.
 *
 * @param name - Default: the block before the last; a block is a layer that is a model of tokens.
 * @param given - Grid of its patches. Default: as many as the first layer of tokens has, in the image's proportions.
 * @throws RangeError if there is no such layer, its patch tokens are gone or left out in training, or its grid is not known.
 */
export function studentLayer(
  caller: string,
  model: tfl.LayersModel,
  name: string = blockBeforeLast(caller, model),
  given?: Grid,
): StudentLayer {
  const layer = `${caller}: the student's layer '${name}'`;
  const shape = layersOfModel(`${caller}: the student`, model).shapeOf(name);
  const channels = shape.at(-1);
  if (shape.length > 3 || !shape.every((side) => typeof side === "number") || typeof channels !== "number") {
    throw new RangeError(
      `${layer} must have maps, tokens or vectors of known size, got [batch,${shape.map((side) => side ?? "any")}]`,
    );
  }
  if (shape.length === 1) return { name, channels, prefixTokens: 0 };
  if (shape.length === 3) return { name, channels, grid: [shape[0]!, shape[1]!], prefixTokens: 0 };

  const dropout = model.layers.find((one) => one.getClassName() === "PatchDropout");
  if (dropout !== undefined) {
    throw new RangeError(
      `${layer} must have all its patch tokens in training, but '${dropout.name}' leaves some out: patchDropRate must be 0 with hints`,
    );
  }
  const tokens = shape[0]!;
  const counts = tokenCounts(model);
  const all = Math.max(...counts.map(([, count]) => count));
  const grid = given ?? patchGrid(layer, model, counts[0]![1]);
  const patches = grid[0] * grid[1];
  if (tokens < patches || (tokens < all && tokens > patches)) {
    const whole = counts.filter(([, count]) => count === all).at(-1)![0];
    throw new RangeError(
      `${layer} must have its ${patches} patch tokens, got ${tokens} of ${all} tokens; take one before it, such as '${whole}'`,
    );
  }
  return { name, channels, grid, prefixTokens: tokens - patches };
}

/** Layers with tokens as their output, and how many, in the model's order. */
function tokenCounts(model: tfl.LayersModel): [name: string, tokens: number][] {
  return [...layerOutputs(model)].flatMap(([name, { shape }]) =>
    shape.length === 3 && typeof shape[1] === "number" ? [[name, shape[1]] as [string, number]] : [],
  );
}

function blockBeforeLast(caller: string, model: tfl.LayersModel): string {
  const models = new Set(model.layers.flatMap((layer) => ("layers" in layer ? [layer.name] : [])));
  const block = tokenCounts(model)
    .filter(([name]) => models.has(name))
    .at(-2);
  if (block !== undefined) return block[0];
  throw new RangeError(
    `${caller}: every pair needs the student's layer by name, for '${model.name}' does not have two blocks of tokens`,
  );
}

function patchGrid(layer: string, model: tfl.LayersModel, patches: number): Grid {
  const [, height, width] = model.inputs[0]!.shape;
  const rows = Math.round(Math.sqrt((patches * height!) / width!));
  if (rows >= 1 && rows * Math.round((rows * width!) / height!) === patches) return [rows, patches / rows];
  throw new RangeError(
    `${layer}: ${patches} patches in the proportions of [${height ?? "any"},${width ?? "any"}] pixels have no grid; say it with studentGrid`,
  );
}

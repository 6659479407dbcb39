import type * as tfl from "@tensorflow/tfjs-layers";
import type { Change, Comparison, ModelWeights } from "named-weights";
import { type PositionFilter, resizePositions } from "./resize-positions.ts";

/** Key of a weights file's metadata: patches per side where they make no square, `"18x32"`. */
export const GRID_METADATA = "patch_grid";

/** Patches per side. */
export type Grid = readonly [height: number, width: number];

/** What a position embedding is fitted to. */
export interface PositionOptions {
  /** The model's patches per side; `undefined`: they are not known, and its shape must be the file's. */
  readonly grid: Grid | undefined;
  /** The model's class tokens. */
  readonly prefix: number;
  /** The file's patches per side, where the caller says. */
  readonly fileGrid: Grid | undefined;
  /** Default: as the library does whose names the file has. */
  readonly filter: PositionFilter | undefined;
}

/**
 * How a position embedding gets to another grid or another number of class tokens; `undefined` if it is the model's, or
 * nothing is known of it.
 */
export function positionChange(
  { found, expected, names, metadata, has }: Comparison,
  { grid, prefix, fileGrid, filter = names === "timm" ? "bicubic-antialias" : "bicubic" }: PositionOptions,
): Change<"positions" | "distillation"> | undefined {
  if (grid === undefined) return undefined;
  const [one, tokens = 0, dim = 0] = found;
  const filePrefix = has("dist_token") ? 2 : 1;
  const said = fileGrid ?? parsed(metadata.get(GRID_METADATA));
  const from = gridOfFile(tokens - filePrefix, said, grid);
  if (from === undefined || found.length !== 3 || one !== 1 || dim !== expected[2]) {
    return { problem: "pos_embed: the file's patches do not make the grid that it or fileGrid says" };
  }
  const interpolates = from.join() !== grid.join();
  if (!interpolates && filePrefix === prefix) return undefined;
  return {
    needs: [
      ...(interpolates ? ["positions" as const] : []),
      ...(filePrefix === prefix ? [] : ["distillation" as const]),
    ],
    interpolates,
    keeps: prefix > filePrefix ? ["pos_embed[0, 1]"] : [],
    problem: `pos_embed: the file has ${from.join("x")} patches, the model ${grid.join("x")} (if the file has them too: fileGrid: [${grid.join(", ")}])`,
    convert(stored, own) {
      const resized = resizePositions(stored, { from, to: grid, prefix: filePrefix, filter });
      const data = own.slice(); // rows of class tokens that the file lacks stay the model's
      data.set(resized.subarray(0, Math.min(prefix, filePrefix) * dim));
      data.set(resized.subarray(filePrefix * dim), prefix * dim);
      return data;
    },
  };
}

/** A model's patches per side; `undefined` if it has no patch embedding or an open image size. */
export function patchGrid(model: tfl.LayersModel, weights: ModelWeights): Grid | undefined {
  const [, height, width] = model.inputs[0]?.shape ?? [];
  const patch = weights.get("patch_embed.proj.weight")?.shape;
  if (!height || !width || patch?.length !== 4) return undefined;
  return [height / patch[0]!, width / patch[1]!];
}

/** What a file says about its grid; `undefined` for a square, which needs no word. */
export function gridMetadata([height, width]: Grid): string | undefined {
  return height === width ? undefined : `${height}x${width}`;
}

/**
 * A file's patches per side: what is said, else a square, else the model's own if it has as many patches. `undefined` where
 * that does not fit the number of patches.
 *
 * A number that is a square means a square, also where the model has as many patches in another shape: published files
 * are square and say nothing.
 */
function gridOfFile(patches: number, said: Grid | undefined, grid: Grid): Grid | undefined {
  const side = Math.sqrt(patches);
  const found = said ?? (Number.isInteger(side) ? ([side, side] as const) : grid);
  const fits = found.every((s) => Number.isInteger(s) && s >= 1) && found[0] * found[1] === patches;
  return fits ? found : undefined;
}

/** `[NaN, NaN]`, which fits nothing, if it is none. */
function parsed(text: string | undefined): Grid | undefined {
  if (text === undefined) return undefined;
  const [, height, width] = /^(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  return [Number(height), Number(width)];
}

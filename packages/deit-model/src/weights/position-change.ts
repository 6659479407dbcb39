import type * as tfl from "@tensorflow/tfjs-layers";
import type { Change, Comparison, ModelWeights } from "named-weights";
import { type PositionFilter, resizePositions } from "./resize-positions.ts";

/** Metadata key of a weights file: patches per side of a grid that is not square, `"18x32"`. */
export const GRID_METADATA = "patch_grid";

/** Patches per side. */
export type Grid = readonly [height: number, width: number];

/** Target of a position embedding. */
export interface PositionOptions {
  /** The model's patches per side; if `undefined`, the shapes must be equal. */
  readonly grid: Grid | undefined;
  /** The model's rows before those of its patches: class tokens and registers, or none. */
  readonly prefix: number;
  /** Number of the model's class tokens. */
  readonly classTokens: number;
  /** The file's patches per side, if given by the caller. */
  readonly fileGrid: Grid | undefined;
  /** Interpolation. Default: that of the library whose names the file has. */
  readonly filter: PositionFilter | undefined;
}

/**
 * Returns the change of a position embedding to another grid or number of class tokens; `undefined` if they are equal or
 * the grid is unknown.
 */
export function positionChange(
  { found, expected, names, metadata, has }: Comparison,
  {
    grid,
    prefix,
    classTokens,
    fileGrid,
    filter = names === "timm" ? "bicubic-antialias" : "bicubic",
  }: PositionOptions,
): Change<"positions" | "distillation"> | undefined {
  if (grid === undefined) return undefined;
  const [one, tokens = 0, dim = 0] = found;
  const [own, others] = prefix === 0 ? [0, 0] : [classTokens, prefix - classTokens];
  const fileClasses = has("dist_token") ? 2 : 1;
  const fileOwn = prefix === 0 ? 0 : fileClasses;
  const filePrefix = fileOwn + (has("reg_token") ? others : 0);
  const said = fileGrid ?? parsed(metadata.get(GRID_METADATA));
  const from = gridOfFile(tokens - filePrefix, said, grid);
  if (found.length !== 3 || one !== 1 || dim !== expected[2]) return undefined; // the shapes say it
  if (from === undefined) {
    const otherwise = gridOfFile(tokens - (prefix === 0 ? fileClasses : 0), said, grid);
    if (otherwise !== undefined) {
      const [theirs, ours] = prefix === 0 ? ["positions", "none"] : ["no positions", "some"];
      return {
        problem: `pos_embed: the file has ${theirs} of its class tokens, the model has ${ours} (noEmbedClass)`,
      };
    }
    return { problem: "pos_embed: the file's patches do not make the grid that it or fileGrid says" };
  }
  const interpolates = from.join() !== grid.join();
  if (!interpolates && fileOwn === own) return undefined;
  return {
    needs: [
      ...(interpolates ? ["positions" as const] : []),
      ...(fileOwn === own ? [] : ["distillation" as const]),
    ],
    interpolates,
    keeps: own > fileOwn ? ["pos_embed[0, 1]"] : [],
    problem: `pos_embed: the file has ${from.join("x")} patches, the model ${grid.join("x")} (if the file has them too: fileGrid: [${grid.join(", ")}])`,
    convert(stored, initial) {
      const resized = resizePositions(stored, { from, to: grid, prefix: filePrefix, filter });
      const data = initial.slice(); // rows of class tokens that the file lacks stay the model's
      data.set(resized.subarray(0, Math.min(own, fileOwn) * dim));
      data.set(resized.subarray(fileOwn * dim), own * dim);
      return data;
    },
  };
}

/** Returns a model's patches per side; `undefined` without a patch embedding or a fixed image size. */
export function patchGrid(model: tfl.LayersModel, weights: ModelWeights): Grid | undefined {
  const [, height, width] = model.inputs[0]?.shape ?? [];
  const patch = weights.get("patch_embed.proj.weight")?.shape;
  if (!height || !width || patch?.length !== 4) return undefined;
  return [height / patch[0]!, width / patch[1]!];
}

/** Returns the metadata value of a grid; `undefined` for a square, which is the default. */
export function gridMetadata([height, width]: Grid): string | undefined {
  return height === width ? undefined : `${height}x${width}`;
}

/**
 * Returns a file's patches per side: as declared, else a square, else the model's; `undefined` if their product is not
 * `patches`.
 *
 * A square number means a square grid even if the model has as many patches in another shape: published files are square
 * and do not declare it.
 */
function gridOfFile(patches: number, said: Grid | undefined, grid: Grid): Grid | undefined {
  const side = Math.sqrt(patches);
  const found = said ?? (Number.isInteger(side) ? ([side, side] as const) : grid);
  const fits = found.every((s) => Number.isInteger(s) && s >= 1) && found[0] * found[1] === patches;
  return fits ? found : undefined;
}

/** Parses a grid; malformed text gives `[NaN, NaN]`, which fits nothing. */
function parsed(text: string | undefined): Grid | undefined {
  if (text === undefined) return undefined;
  const [, height, width] = /^(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  return [Number(height), Number(width)];
}

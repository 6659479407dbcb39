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

/** Rows of positions before those of the patches. */
interface Rows {
  readonly classes: number;
  readonly registers: number;
}

/**
 * Returns the change of a position embedding to another grid or other tokens before the patches; `undefined` if they are equal or
 * the grid is unknown.
 *
 * transformers' files, and those of DINOv2's repository, have positions of class tokens and none of registers. A model without
 * positions of its class tokens has them in the tokens themselves ({@link tokenChange}), and registers' positions are zero: both exact.
 */
export function positionChange(
  comparison: Comparison,
  options: PositionOptions,
): Change<"positions" | "distillation"> | undefined {
  const { found, expected, metadata } = comparison;
  const { grid, prefix, classTokens, fileGrid } = options;
  if (grid === undefined) return undefined;
  const [one, tokens = 0, dim = 0] = found;
  const own = prefix === 0 ? NONE : { classes: classTokens, registers: prefix - classTokens };
  const theirs = rowsOfFile(comparison, own);
  const said = fileGrid ?? parsed(metadata.get(GRID_METADATA));
  const from = gridOfFile(tokens - theirs.classes - theirs.registers, said, grid);
  if (found.length !== 3 || one !== 1 || dim !== expected[2]) return undefined; // the shapes say it
  if (from === undefined) return { problem: problemOf(comparison, options, said) };
  const interpolates = from.join() !== grid.join();
  const isSame = theirs.classes === own.classes && theirs.registers === own.registers;
  if (!interpolates && isSame) return undefined;
  const distills = own.classes > 0 && theirs.classes !== own.classes;
  return {
    needs: [...(interpolates ? ["positions" as const] : []), ...(distills ? ["distillation" as const] : [])],
    interpolates,
    keeps: own.classes > theirs.classes ? ["pos_embed[0, 1]"] : [],
    problem: `pos_embed: the file has ${from.join("x")} patches, the model ${grid.join("x")} (if the file has them too: fileGrid: [${grid.join(", ")}])`,
    convert(stored, initial) {
      const filter = options.filter ?? filterOf(comparison);
      const filePrefix = theirs.classes + theirs.registers;
      const resized = resizePositions(stored, { from, to: grid, prefix: filePrefix, filter });
      const rows = (start: number, count: number) => resized.subarray(start * dim, (start + count) * dim);
      const data = initial.slice(); // rows of class tokens that the file lacks stay the model's
      data.set(rows(0, Math.min(own.classes, theirs.classes)));
      data.fill(0, own.classes * dim, prefix * dim);
      data.set(rows(theirs.classes, Math.min(own.registers, theirs.registers)), own.classes * dim);
      data.set(resized.subarray(filePrefix * dim), prefix * dim);
      return data;
    },
  };
}

const NONE: Rows = { classes: 0, registers: 0 };

/** Returns the rows before the patches' of a file's positions. */
function rowsOfFile({ names, has, tensorsOf }: Comparison, own: Rows): Rows {
  const classes = has("dist_token") ? 2 : 1;
  if (names === "huggingface" || tensorsOf("reg_token").includes("register_tokens")) {
    const isDistilled = tensorsOf("reg_token").some((name) => name.endsWith("distillation_token"));
    return { classes, registers: isDistilled ? 1 : 0 };
  }
  if (own.classes === 0) return NONE; // timm's files do not say: as the model
  return { classes, registers: has("reg_token") ? own.registers : 0 };
}

/** Interpolation of the library that a file is of: transformers' DINOv2 with registers has another than its other models. */
function filterOf({ names, tensorsOf }: Comparison): PositionFilter {
  const registers = tensorsOf("reg_token").some((name) => name.endsWith("register_tokens"));
  return names === "timm" || registers ? "bicubic-antialias" : "bicubic";
}

function problemOf(
  { found, names, has }: Comparison,
  { grid, prefix }: PositionOptions,
  said: Grid | undefined,
): string {
  const classes = prefix === 0 ? (has("dist_token") ? 2 : 1) : 0;
  if (names === "timm" && gridOfFile(found[1]! - classes, said, grid!) !== undefined) {
    const [theirs, ours] = prefix === 0 ? ["positions", "none"] : ["no positions", "some"];
    return `pos_embed: the file has ${theirs} of its class tokens, the model has ${ours} (noEmbedClass)`;
  }
  return "pos_embed: the file's patches do not make the grid that it or fileGrid says";
}

/** Row of each token's position in files that have positions of class tokens. */
const TOKEN_ROWS: Readonly<Record<string, number>> = { cls_token: 0, dist_token: 1, reg_token: 1 };

/**
 * Returns the change of a token to one that has its position in it, for a model without positions of its class tokens; `undefined`
 * for other tensors, and where the file has no position of the token either. The sum is the one that the library computes.
 */
export function tokenChange(
  comparison: Comparison,
  { grid, prefix }: PositionOptions,
): Change<never> | undefined {
  const { key, found, expected, has } = comparison;
  if (grid === undefined || prefix !== 0 || !Object.hasOwn(TOKEN_ROWS, key) || !has("pos_embed"))
    return undefined;
  const { classes, registers } = rowsOfFile(comparison, NONE);
  const row = TOKEN_ROWS[key]!;
  const isPositioned = key === "reg_token" ? registers === 1 : row < classes;
  if (!isPositioned || found.join() !== expected.join()) return undefined;
  return {
    needs: [],
    reads: ["pos_embed"],
    convert(stored, _, others) {
      const position = others.get("pos_embed")!.subarray(row * stored.length, (row + 1) * stored.length);
      return stored.map((value, i) => Math.fround(value + position[i]!));
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

/** Key of a weights file's metadata: patches per side where they make no square, `"18x32"`. */
export const GRID_METADATA = "patch_grid";

/** Patches per side. */
export type Grid = readonly [height: number, width: number];

/** How a position embedding gets to another grid or another number of class tokens. */
export interface PositionChange {
  readonly from: Grid;
  readonly to: Grid;
  /** Class tokens in the file and in the model. */
  readonly filePrefix: number;
  readonly prefix: number;
}

/** What a file's grid is known from. */
export interface GridOptions {
  /** The file's patches. */
  readonly patches: number;
  /** What the caller says. */
  readonly fileGrid: Grid | undefined;
  /** What the file says: its metadata at {@link GRID_METADATA}. */
  readonly metadata: string | undefined;
  /** The model's. */
  readonly grid: Grid;
}

/**
 * A file's patches per side: what the caller says, else what the file says, else a square, else the model's own if it has as
 * many patches. `undefined` where nothing fits the number of patches.
 *
 * A number that is a square means a square, also where the model has as many patches in another shape: published files
 * are square and say nothing.
 */
export function gridOfFile({ patches, fileGrid, metadata, grid }: GridOptions): Grid | undefined {
  const said = fileGrid ?? (metadata === undefined ? undefined : parsed(metadata));
  const side = Math.sqrt(patches);
  const found = said ?? (Number.isInteger(side) ? ([side, side] as const) : grid);
  const fits = found.every((s) => Number.isInteger(s) && s >= 1) && found[0] * found[1] === patches;
  return fits ? found : undefined;
}

/** What a file says about its grid; `undefined` for a square, which needs no word. */
export function gridMetadata([height, width]: Grid): string | undefined {
  return height === width ? undefined : `${height}x${width}`;
}

/** `[NaN, NaN]`, which fits nothing, if it is none. */
function parsed(text: string): Grid {
  const [, height, width] = /^(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  return [Number(height), Number(width)];
}

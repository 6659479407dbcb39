/** How a product is cut: the part of the result that a workgroup computes, and its share of it for an invocation. */
export interface Tile {
  /** Its name in the tuner's table. */
  readonly name: string;
  /** Rows and columns of the result that a workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  /** Inner indices that are in workgroup memory at a time. */
  readonly inner: number;
  /** Rows and columns that an invocation keeps in registers, 4 or 8. */
  readonly ownRows: 4 | 8;
  readonly ownColumns: 4 | 8;
}

/**
 * The tiles that a product is computed by, small ones first. Each takes at most 12 kB of workgroup memory, of the 16 that every
 * device has, and at most 256 invocations. An element of the result is one sum over ascending inner indices by any of them, so
 * that the bits do not depend on the choice.
 */
export const TILES: readonly Tile[] = [
  { name: "32x32", rows: 32, columns: 32, inner: 16, ownRows: 4, ownColumns: 4 },
  { name: "64x64, 4x4 each", rows: 64, columns: 64, inner: 16, ownRows: 4, ownColumns: 4 },
  { name: "64x64, 8x8 each", rows: 64, columns: 64, inner: 16, ownRows: 8, ownColumns: 8 },
  { name: "128x64", rows: 128, columns: 64, inner: 16, ownRows: 8, ownColumns: 8 },
  { name: "128x128", rows: 128, columns: 128, inner: 8, ownRows: 8, ownColumns: 8 },
];

/** Sides of a product: `batch` results of `[rows, columns]`, each element a sum of `inner` products. */
export interface ProductSides {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** Workgroups that keep a large GPU busy. */
const GROUPS = 256;
/** Share of a tile's elements that may lie outside of the result. */
const WASTE = 0.2;

/** The largest tile that gives enough workgroups and wastes little, where nothing was timed. */
export function defaultTile({ batch, rows, columns }: ProductSides): Tile {
  const fitting = TILES.filter((tile) => {
    const groups = batch * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
    const computed = groups * tile.rows * tile.columns;
    return groups >= GROUPS && batch * rows * columns >= (1 - WASTE) * computed;
  });
  return fitting.at(-1) ?? TILES[0]!;
}

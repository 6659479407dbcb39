import { defaultTile, type ProductSides, type Tile } from "./tile.ts";

/** What the speed of a product depends on. */
export interface ProductShape extends ProductSides {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Parts of the inner side, each with a result of its own. */
  readonly parts: number;
}

/** The tiles that are in use on a device. */
export interface TileChoice {
  /** Every shape that was multiplied, by its key; with the tile that was chosen by timing. */
  readonly seen: Map<string, { readonly shape: ProductShape; tile?: Tile }>;
}

const choices = new WeakMap<object, TileChoice>();

/** The tiles in use on a `GPUDevice`. */
export function tilesOn(device: object): TileChoice {
  let choice = choices.get(device);
  if (choice === undefined) {
    choice = { seen: new Map() };
    choices.set(device, choice);
  }
  return choice;
}

/** The tile for a product: the one that was the fastest on the device, or the default one. */
export function tileFor(device: object, shape: ProductShape): Tile {
  const choice = tilesOn(device);
  const key = keyOf(shape);
  const known = choice.seen.get(key);
  if (known === undefined) choice.seen.set(key, { shape });
  return known?.tile ?? defaultTile({ ...shape, batch: shape.batch * shape.parts });
}

function keyOf({ batch, rows, columns, inner, transposeA, transposeB, parts }: ProductShape): string {
  return [batch, rows, columns, inner, transposeA, transposeB, parts].join();
}

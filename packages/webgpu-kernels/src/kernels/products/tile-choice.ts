import type { Precision } from "../../precision.ts";
import { defaultTile, type ProductSides, type Tile } from "./tile.ts";

/** What the speed of a product depends on. */
export interface ProductShape extends ProductSides {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Parts of the inner side, each with a result of its own. */
  readonly parts: number;
  readonly precision: Precision;
}

/** A tile that was chosen by timing. */
export interface TimedTile {
  readonly tile: Tile;
  /** Microseconds of the product in it, and in the default tile. */
  readonly time: number;
  readonly defaultTime: number;
}

/** Every shape that was multiplied on a device, by its key. */
type SeenShapes = Map<string, { readonly shape: ProductShape; readonly timed?: TimedTile }>;

const seenShapes = new WeakMap<object, SeenShapes>();

/** The shapes that were multiplied on a `GPUDevice`, and their tiles where they were timed. */
export function shapesOn(device: object): SeenShapes {
  let shapes = seenShapes.get(device);
  if (shapes === undefined) {
    shapes = new Map();
    seenShapes.set(device, shapes);
  }
  return shapes;
}

/** Makes a product of this shape use a tile. */
export function chooseTile(device: object, shape: ProductShape, timed: TimedTile): void {
  shapesOn(device).set(keyOf(shape), { shape, timed });
}

/** The tile for a product: the one that was the fastest on the device, or the default one. */
export function tileFor(device: object, shape: ProductShape): Tile {
  const shapes = shapesOn(device);
  const key = keyOf(shape);
  const known = shapes.get(key);
  if (known === undefined) shapes.set(key, { shape });
  return known?.timed?.tile ?? tileOfShape(shape);
}

/** The tile that follows from the shape. */
export function tileOfShape(shape: ProductShape): Tile {
  return defaultTile({ ...shape, batch: shape.batch * shape.parts });
}

function keyOf(shape: ProductShape): string {
  const { batch, rows, columns, inner, transposeA, transposeB, parts, precision } = shape;
  return [batch, rows, columns, inner, transposeA, transposeB, parts, precision].join();
}

import { drawFlower } from "../procedural/draw-flower.ts";

/** Settings that all pictures of a data set share; sent to each worker once. */
export interface DrawPlan {
  /** Memory of all pictures, shared. */
  readonly bytes: SharedArrayBuffer;
  readonly seed: number;
  /** Side, pixels. */
  readonly size: number;
}

/** Flowers `first … first + count − 1`. */
export interface DrawTask {
  readonly first: number;
  readonly count: number;
}

/** Draws a task's flowers at their places in shared memory. */
export function drawInto({ bytes, seed, size }: DrawPlan, { first, count }: DrawTask): void {
  const target = new Uint8Array(bytes);
  for (let index = first; index < first + count; index++) {
    target.set(drawFlower({ seed, index, size }).data, index * size * size * 3);
  }
}

import { drawFlower } from "./draw-flower.ts";

/** Flowers `first … first + count − 1`, to be drawn one behind the other. */
export interface DrawTask {
  readonly bytes: SharedArrayBuffer;
  readonly seed: number;
  readonly size: number;
  readonly first: number;
  readonly count: number;
}

/** Draws a task's flowers at their places in shared memory. */
export function drawInto({ bytes, seed, size, first, count }: DrawTask): void {
  const target = new Uint8Array(bytes);
  for (let index = first; index < first + count; index++) {
    target.set(drawFlower({ seed, index, size }).data, index * size * size * 3);
  }
}

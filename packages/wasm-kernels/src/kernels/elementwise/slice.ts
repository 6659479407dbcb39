import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import { type Context, FLOAT_BYTES } from "../../context.ts";

/** `Slice` within the heap. tfjs' own kernel copies the whole tensor into a JavaScript array first, however little is taken. */
export const slice: Kernel<Context> = replaceKernel("Slice", (context, { x }, { begin, size }, own) => {
  if (x.dtype !== "float32" && x.dtype !== "int32") return own();
  const [from, sides] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [number[], number[]];
  tf.slice_util.assertParamsValid(x as tf.Tensor, from, sides);
  const y = context.output(sides, x.dtype);
  const cut = sides.map((side, axis) => side !== x.shape[axis]).lastIndexOf(true);
  const inner = FLOAT_BYTES * sizeOf(x.shape.slice(cut + 1)); // of one index on the last axis that is cut
  const run = inner * (sides[cut] ?? 1);
  const heap = context.bytes();
  let [to, end] = [context.pointer(y), context.pointer(y) + FLOAT_BYTES * sizeOf(sides)];
  const index = from.slice(0, cut + 1);
  while (to < end) {
    let place = 0;
    for (let axis = 0; axis <= cut; axis++) place = place * x.shape[axis]! + index[axis]!;
    const at = context.pointer(x) + place * inner;
    heap.copyWithin(to, at, at + run);
    to += run;
    for (let axis = cut - 1; axis >= 0 && ++index[axis]! === from[axis]! + sides[axis]!; axis--) {
      index[axis] = from[axis]!;
    }
  }
  return y;
});

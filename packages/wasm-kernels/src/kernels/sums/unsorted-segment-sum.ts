import { type Kernel, replaceKernel, requireFloat32, sizeOf } from "kernel-contract";
import { type Context, DOUBLE } from "../../context.ts";

/** Sums kept in float64 at a time: 8 MB. */
const MOST_TOTALS = 2 ** 20;
/** Columns worked on together, however many segments there are. */
const NARROWEST = 4;

/** Sums rows by segment, the gradient of `tf.gather`: absent from tfjs' WASM backend (tfjs issue 8082). */
export const unsortedSegmentSum: Kernel<Context> = replaceKernel(
  "UnsortedSegmentSum",
  (context, { x, segmentIds }, { numSegments }) => {
    requireFloat32("UnsortedSegmentSum", { x });
    const ids = segmentIds;
    if (ids.dtype !== "int32" || ids.shape.length !== 1 || ids.shape[0] !== x.shape[0]) {
      throw new Error(
        `UnsortedSegmentSum: expected segmentIds to be int32 of shape [${x.shape[0]}], ` +
          `got ${ids.dtype} of shape [${ids.shape}]`,
      );
    }
    const inner = x.shape.slice(1);
    const out = context.output([numSegments, ...inner]);
    const at = [context.pointer(x), context.pointer(ids), context.pointer(out)] as const;
    const columns = sizeOf(inner);
    const strip = Math.min(columns, Math.max(NARROWEST, Math.floor(MOST_TOTALS / numSegments)));
    const totals = context.scratch(DOUBLE * numSegments * strip);
    context.c.unsorted_segment_sum(...at, ids.shape[0]!, columns, numSegments, strip, totals);
    return out;
  },
);

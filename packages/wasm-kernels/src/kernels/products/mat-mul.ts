import * as tf from "@tensorflow/tfjs-core";
import { requireFloat32, sizeOf } from "kernel-contract";
import { type Context, FLOAT_BYTES } from "../../context.ts";

/**
 * `a · b (+ bias)` over the last two axes, either side transposed, batch axes broadcast as in NumPy.
 *
 * @param bias - `[n]`, added to every row.
 */
export function matMul(
  kernel: string,
  context: Context,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  requireFloat32(kernel, { a, b });
  const [m, k] = matrixSides(a.shape, transposeA);
  const [inner, n] = matrixSides(b.shape, transposeB);
  if (k !== inner) {
    throw new Error(
      `${kernel}: expected inner dimensions to agree, got ${k} and ${inner} of shapes [${a.shape}] and [${b.shape}], ` +
        `transposeA=${transposeA}, transposeB=${transposeB}`,
    );
  }
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const out = context.output([...batch, m, n]);
  const scratch = context.gemmScratch();
  const [aAt, bAt, cAt, biasAt] = [
    context.pointer(a),
    context.pointer(b),
    context.pointer(out),
    context.pointerOrNull(bias),
  ];
  const run = context.c.matmul;
  const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0] as const;
  if (sizeOf(bBatch) === 1 && !transposeA) {
    // One matrix for all of the batch: the batch is more rows.
    run(aAt, bAt, cAt, m * sizeOf(batch), n, k, ...flags, biasAt, scratch);
    return out;
  }
  const count = sizeOf(batch);
  const aIndex = batchIndex(aBatch, batch);
  const bIndex = batchIndex(bBatch, batch);
  for (let i = 0; i < count; i++) {
    const aMatrix = aAt + aIndex(i) * m * k * FLOAT_BYTES;
    const bMatrix = bAt + bIndex(i) * k * n * FLOAT_BYTES;
    run(aMatrix, bMatrix, cAt + i * m * n * FLOAT_BYTES, m, n, k, ...flags, biasAt, scratch);
  }
  return out;
}

function matrixSides(shape: readonly number[], transposed: boolean): [rows: number, columns: number] {
  const rows = shape[shape.length - 2]!;
  const columns = shape[shape.length - 1]!;
  return transposed ? [columns, rows] : [rows, columns];
}

/** Maps an index into the broadcast batch to one into a batch of the shape `from`. */
function batchIndex(from: readonly number[], to: readonly number[]): (index: number) => number {
  if (sizeOf(from) === sizeOf(to)) return (index) => index;
  if (sizeOf(from) === 1) return () => 0;
  const padded = [...new Array<number>(to.length - from.length).fill(1), ...from];
  return (index) => {
    let rest = index;
    let stride = 1;
    let at = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const position = rest % to[axis]!;
      rest = Math.floor(rest / to[axis]!);
      if (padded[axis] !== 1) at += position * stride;
      stride *= padded[axis]!;
    }
    return at;
  };
}

import type * as tf from "@tensorflow/tfjs-core";
import { requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";
import { EXPONENTIAL } from "./exponential.ts";
import { LANE_SUMS, LANES } from "./lanes.ts";

const FORWARD: Shader = {
  name: "ScaledSoftmax",
  workgroup: [LANES, 1, 1],
  writes: { y: "f32" },
  reads: { x: "f32" },
  uniforms: { rows: "u32", dim: "u32", scale: "f32" },
  declarations: EXPONENTIAL + LANE_SUMS,
  main: `
  let row = ${FLAT_GROUP};
  let first = min(row, u.rows - 1u) * u.dim;
  var most = u.scale * x[first + min(local.x, u.dim - 1u)];
  for (var i = local.x; i < u.dim; i += ${LANES}u) { most = max(most, u.scale * x[first + i]); }
  let top = laneMax(local.x, most);
  var mass = 0.0;
  for (var i = local.x; i < u.dim; i += ${LANES}u) { mass += exponential(u.scale * x[first + i] - top); }
  let total = laneSum(local.x, mass);
  if (row < u.rows) {
    for (var i = local.x; i < u.dim; i += ${LANES}u) { y[first + i] = exponential(u.scale * x[first + i] - top) / total; }
  }`,
};

const BACKWARD: Shader = {
  name: "ScaledSoftmaxGrad",
  workgroup: [LANES, 1, 1],
  writes: { dx: "f32" },
  reads: { y: "f32", dy: "f32" },
  uniforms: { rows: "u32", dim: "u32", scale: "f32" },
  declarations: EXPONENTIAL + LANE_SUMS,
  main: `
  let row = ${FLAT_GROUP};
  let first = min(row, u.rows - 1u) * u.dim;
  var sum = 0.0;
  for (var i = local.x; i < u.dim; i += ${LANES}u) { sum += dy[first + i] * y[first + i]; }
  let along = laneSum(local.x, sum);
  if (row < u.rows) {
    for (var i = local.x; i < u.dim; i += ${LANES}u) {
      dx[first + i] = u.scale * y[first + i] * (dy[first + i] - along);
    }
  }`,
};

/** `{x: [..., dim]}`, `{scale}` → softmax(scale · x) over the last axis. */
export const scaledSoftmax: Kernel = {
  name: "ScaledSoftmax",
  run(context, { x }, { scale }) {
    requireFloat32("ScaledSoftmax", { x: x! });
    const y = context.output(x!.shape);
    const { rows, dim } = sidesOf(x!);
    const grid = context.flatGroups(rows);
    if (rows * dim > 0) {
      context.run({ shader: FORWARD, tensors: { y, x: x! }, uniforms: { rows, dim, scale }, grid });
    }
    return y;
  },
};

/** `{y, dy}`, `{scale}` → scale · y · (dy - Σ dy · y). */
export const scaledSoftmaxGrad: Kernel = {
  name: "ScaledSoftmaxGrad",
  run(context, { y, dy }, { scale }) {
    requireFloat32("ScaledSoftmaxGrad", { y: y!, dy: dy! });
    const dx = context.output(y!.shape);
    const { rows, dim } = sidesOf(y!);
    const grid = context.flatGroups(rows);
    if (rows * dim > 0) {
      context.run({
        shader: BACKWARD,
        tensors: { dx, y: y!, dy: dy! },
        uniforms: { rows, dim, scale },
        grid,
      });
    }
    return dx;
  },
};

function sidesOf({ shape }: tf.TensorInfo): { rows: number; dim: number } {
  return { rows: sizeOf(shape.slice(0, -1)), dim: shape.at(-1)! };
}

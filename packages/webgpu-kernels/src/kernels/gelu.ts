import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";
import { NORMAL_CDF } from "./normal-cdf.ts";

const LANES = 64;

const FORWARD: Shader = {
  name: "Gelu",
  workgroup: [LANES, 1, 1],
  writes: { y: "f32" },
  reads: { x: "f32" },
  uniforms: { size: "u32" },
  declarations: NORMAL_CDF,
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) {
    let v = x[at];
    y[at] = v * normalCdf(v, exponential(-0.5 * v * v));
  }`,
};

const BACKWARD: Shader = {
  name: "GeluGrad",
  workgroup: [LANES, 1, 1],
  writes: { dx: "f32" },
  reads: { x: "f32", dy: "f32" },
  uniforms: { size: "u32" },
  declarations: NORMAL_CDF,
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) { dx[at] = dy[at] * geluSlope(x[at]); }`,
};

/** `{x}` → x · Φ(x), the exact form. */
export const gelu: Kernel<Context> = defineKernel("Gelu", (context, { x }) => {
  const y = context.output(x.shape);
  elementwise(context, FORWARD, { y, x: x });
  return y;
});

/** `{x, dy}` → dy · (Φ(x) + x · φ(x)). */
export const geluGrad: Kernel<Context> = defineKernel("GeluGrad", (context, { x, dy }) => {
  const dx = context.output(x.shape);
  elementwise(context, BACKWARD, { dx, x: x, dy: dy });
  return dx;
});

function elementwise(
  context: Context,
  shader: Shader,
  tensors: Readonly<Record<string, tf.TensorInfo> & { x: tf.TensorInfo }>,
) {
  const size = sizeOf(tensors.x.shape);
  if (size === 0) return;
  context.run({ shader, tensors, uniforms: { size }, grid: context.flatGroups(Math.ceil(size / LANES)) });
}

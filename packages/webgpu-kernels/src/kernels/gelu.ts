import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";
import { EXPONENTIAL } from "./exponential.ts";

const LANES = 64;

/**
 * The standard normal distribution function Φ(x), its relative error under 4e-7 in both tails as far as `exp` is exact.
 * `gauss` is e^(-x²/2). Φ(-z) / e^(-z²/2), z ≥ 0, is smooth and falls like 1 / z: a polynomial in t = 1 / (1 + 0.35 · z)
 * without constant term, fitted for the least relative error on 0 ≤ z ≤ 13.5 (3.2e-8); the one of `wasm-kernels`.
 */
const NORMAL_CDF = `${EXPONENTIAL}
fn normalCdf(x: f32, gauss: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.35 * abs(x));
  var p = 0.143871919 - 0.0291258079 * t;
  p = p * t - 0.255503853;
  p = p * t + 0.158928439;
  p = p * t - 0.0229365468;
  p = p * t + 0.105432694;
  p = p * t + 0.119852494;
  p = p * t + 0.139859075;
  p = p * t + 0.13962157;
  let tail = t * gauss * p;
  return select(1.0 - tail, tail, x < 0.0);
}`;

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
  if (at < u.size) {
    let v = x[at];
    let gauss = exponential(-0.5 * v * v);
    dx[at] = dy[at] * (normalCdf(v, gauss) + v * gauss * 0.3989422804); // 1 / sqrt(2 pi)
  }`,
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

import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";

const LANES = 64;

/** Philox 2×32-10, the first word: `philox2x32` of `sample-keys`. WGSL has no 64-bit product: the upper half is put together from 16-bit halves. */
const PHILOX = `
fn multiplyHigh(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let carry = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (carry >> 16u);
}
fn philox(counter0: u32, counter1: u32, key: u32) -> u32 {
  var c0 = counter0;
  var c1 = counter1;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high = multiplyHigh(c0, 0xd256d193u);
    let low = c0 * 0xd256d193u;
    c0 = high ^ k ^ c1;
    c1 = low;
    k += 0x9e3779b9u;
  }
  return c0;
}`;

const SHADER: Shader = {
  name: "KeyedMask",
  workgroup: [LANES, 1, 1],
  writes: { mask: "f32" },
  reads: { keys: "i32" },
  uniforms: { elements: "u32", size: "u32", site: "u32", threshold: "u32", factor: "f32" },
  declarations: PHILOX,
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.elements) {
    let word = philox(at % u.size, u.site, bitcast<u32>(keys[at / u.size]));
    mask[at] = select(0.0, u.factor, word >= u.threshold);
  }`,
};

/** `[keys]` → the mask `[batch, size]`, drawn on the GPU to the bits that `sample-keys` draws. */
export const keyedMask: Kernel<Context> = defineKernel("KeyedMask", (context, [keys], attributes) => {
  const { size, ...numbers } = attributes;
  if (keys?.dtype !== "int32" || keys.shape.length !== 1) {
    throw new Error(
      `KeyedMask: expected keys to be int32 [batch], got ${keys === undefined ? "nothing" : `${keys.dtype} [${keys.shape}]`}`,
    );
  }
  const mask = context.output([keys.shape[0]!, size]);
  const elements = sizeOf(mask.shape);
  if (elements > 0) {
    const grid = context.flatGroups(Math.ceil(elements / LANES));
    context.run({ shader: SHADER, tensors: { mask, keys }, uniforms: { elements, size, ...numbers }, grid });
  }
  return mask;
});

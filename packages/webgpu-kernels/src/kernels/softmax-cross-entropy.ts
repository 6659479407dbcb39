import { defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { type Element, FLAT_GROUP, type Shader } from "../shader.ts";
import { EXPONENTIAL } from "./exponential.ts";
import { LANE_SUMS, LANES } from "./lanes.ts";

/** One row's largest logit, the sum of exponentials beside it, and the mass of its targets. */
const ROW = `${EXPONENTIAL}${LANE_SUMS}
fn topOf(first: u32, lane: u32) -> f32 {
  var most = logits[first + min(lane, u.classes - 1u)];
  for (var c = lane; c < u.classes; c += ${LANES}u) { most = max(most, logits[first + c]); }
  return laneMax(lane, most);
}
fn massOf(first: u32, lane: u32, top: f32) -> f32 {
  var sum = 0.0;
  for (var c = lane; c < u.classes; c += ${LANES}u) { sum += exponential(logits[first + c] - top); }
  return laneSum(lane, sum);
}`;

/** One-hot labels that were cast are still integers in memory; read as such, they need no dispatch that converts them. */
const TARGET = "fn target_at(at: u32) -> f32 { return f32(targets[at]); }";

const forward = (targets: Element): Shader => ({
  name: "SoftmaxCrossEntropy",
  workgroup: [LANES, 1, 1],
  writes: { loss: "f32" },
  reads: { targets, logits: "f32" },
  uniforms: { batch: "u32", classes: "u32" },
  declarations: `${ROW}
${TARGET}
// Logarithm of 1 + x, x >= 0, also where the sum rounds x away.
fn log1p(x: f32) -> f32 {
  return select(x * (1.0 - x * (0.5 - x * (0.33333333 - 0.25 * x))), log(1.0 + x), x >= 0.01); // NaN for NaN
}`,
  main: `
  let row = ${FLAT_GROUP};
  let first = min(row, u.batch - 1u) * u.classes;
  let top = topOf(first, local.x);
  // All exponentials except one of the largest, which is 1: a small loss keeps its digits.
  var rest = 0.0;
  var tops = 0.0;
  for (var c = local.x; c < u.classes; c += ${LANES}u) {
    let isTop = logits[first + c] == top;
    tops += select(0.0, 1.0, isTop);
    rest += select(exponential(logits[first + c] - top), 0.0, isTop);
  }
  let others = laneSum(local.x, rest) + (laneSum(local.x, tops) - 1.0);
  let logMass = log1p(others);
  var sum = 0.0;
  for (var c = local.x; c < u.classes; c += ${LANES}u) {
    sum += target_at(first + c) * ((top - logits[first + c]) + logMass);
  }
  let total = laneSum(local.x, sum);
  if (row < u.batch && local.x == 0u) { loss[row] = total; }`,
});

const backward = (targets: Element): Shader => ({
  name: "SoftmaxCrossEntropyGrad",
  workgroup: [LANES, 1, 1],
  writes: { dlogits: "f32" },
  reads: { targets, logits: "f32", dy: "f32" },
  uniforms: { batch: "u32", classes: "u32" },
  declarations: `${ROW}
${TARGET}`,
  main: `
  let row = ${FLAT_GROUP};
  let first = min(row, u.batch - 1u) * u.classes;
  let top = topOf(first, local.x);
  let mass = massOf(first, local.x, top);
  var sum = 0.0;
  for (var c = local.x; c < u.classes; c += ${LANES}u) { sum += target_at(first + c); }
  let share = laneSum(local.x, sum);
  if (row < u.batch) {
    for (var c = local.x; c < u.classes; c += ${LANES}u) {
      let p = exponential(logits[first + c] - top) / mass;
      dlogits[first + c] = (p * share - target_at(first + c)) * dy[row];
    }
  }`,
});

const FORWARD = { f32: forward("f32"), i32: forward("i32") };
const BACKWARD = { f32: backward("f32"), i32: backward("i32") };

/** `{targets: [batch, classes], logits: [batch, classes]}` → loss `[batch]`. */
export const softmaxCrossEntropy: Kernel<Context> = defineKernel(
  "SoftmaxCrossEntropy",
  (context, { targets, logits }) => {
    const [batch, classes] = logits.shape as [number, number];
    if (batch * classes === 0) return context.filled([batch], 0);
    const loss = context.output([batch]);
    const tensors = { loss, targets, logits };
    const shader = FORWARD[context.elementOf(targets)];
    context.run({ shader, tensors, uniforms: { batch, classes }, grid: context.flatGroups(batch) });
    return loss;
  },
);

/** `{targets, logits, dy: [batch]}` → dlogits = (softmax(logits) · Σ targets - targets) · dy. */
export const softmaxCrossEntropyGrad: Kernel<Context> = defineKernel(
  "SoftmaxCrossEntropyGrad",
  (context, { targets, logits, dy }) => {
    const [batch, classes] = logits.shape as [number, number];
    const dlogits = context.output(logits.shape);
    if (batch * classes === 0) return dlogits;
    const tensors = { dlogits, targets, logits, dy };
    const shader = BACKWARD[context.elementOf(targets)];
    context.run({ shader, tensors, uniforms: { batch, classes }, grid: context.flatGroups(batch) });
    return dlogits;
  },
);

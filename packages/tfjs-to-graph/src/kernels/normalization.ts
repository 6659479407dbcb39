import { attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import type { KernelCall } from "./kernel-call.ts";
import { type KernelRows, row } from "./kernel-row.ts";

const float = attribute.type("float32");

/** Kernels that normalize. */
export const NORMALIZATION: KernelRows = {
  Softmax: row(
    ({ logits }) => logits!,
    (call, to) => to.node("Softmax", [lastAxis(call, "dim").ref], { T: float }),
  ),
  LogSoftmax: row(
    ({ logits }) => logits!,
    (call, to) => to.node("LogSoftmax", [lastAxis(call, "axis").ref], { T: float }),
  ),
  LRN: row(
    ({ x }) => x!,
    (call, to) =>
      to.node("LRN", [call.input("x").ref], {
        ...{ T: float, depth_radius: attribute.int(call.fixed<number>("depthRadius")) },
        ...Object.fromEntries(
          ["bias", "alpha", "beta"].map((name) => [name, attribute.float(call.fixed<number>(name))]),
        ),
      }),
  ),
  FusedBatchNorm: row(
    ({ x }) => x!,
    (call, to) => {
      const [x, mean, variance] = [call.input("x"), call.input("mean"), call.input("variance")];
      const { scale, offset } = call.inputs;
      const epsilon = call.fixed<number | null>("varianceEpsilon") ?? 0.001;
      const perChannel = [mean, variance, scale, offset].every(
        (of) => of === undefined || of.shape.length === 1,
      );
      if (!perChannel || x.shape.length !== 4) return composed(x, mean, variance, scale, offset, epsilon, to);
      const channels = call.fixedShape(mean.shape);
      const all = (value: number) =>
        to.constant(new Float32Array(channels[0]!).fill(value), channels, "float32");
      const inputs = [x.ref, scale?.ref ?? all(1), offset?.ref ?? all(0), mean.ref, variance.ref];
      return to.node("FusedBatchNormV3", inputs, {
        ...{ T: float, U: float, epsilon: attribute.float(epsilon) },
        ...{ data_format: attribute.text("NHWC"), is_training: attribute.bool(false) },
      });
    },
  ),
};

/** The input, whose last axis alone TensorFlow's kernel works along. */
function lastAxis(call: KernelCall, attr: string): Operand {
  const logits = call.input("logits");
  const axis = call.fixed<number>(attr);
  if (axis !== -1 && axis !== logits.shape.length - 1) throw call.refuse("only the last axis is supported");
  return logits;
}

function composed(
  x: Operand,
  mean: Operand,
  variance: Operand,
  scale: Operand | undefined,
  offset: Operand | undefined,
  epsilon: number,
  to: GraphBuilder,
): string {
  const T = { T: float };
  const centered = to.node("Sub", [x.ref, mean.ref], T);
  const positive = to.node("AddV2", [variance.ref, to.scalar(epsilon, "float32", "operand")], T);
  const normal = to.node("Mul", [centered, to.node("Rsqrt", [positive], T)], T);
  const scaled = scale === undefined ? normal : to.node("Mul", [normal, scale.ref], T);
  return offset === undefined ? scaled : to.node("AddV2", [scaled, offset.ref], T);
}

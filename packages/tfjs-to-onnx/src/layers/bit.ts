// Layers of bit-teacher.
import { type Converter, cannot, type NamedWeights } from "../converter.ts";
import { planes } from "../value.ts";
import { convolved, kernelFirst } from "./convolution.ts";
import { type Pads, padding } from "./padding.ts";
import { known } from "./shape.ts";

/** A convolution whose kernel is standardized once, in the file. */
export const stdConv2d: Converter = (call, to) => {
  const { kernelSize, strides, padding: kind, epsilon } = call.config as Record<string, number>;
  const kernel = kernelFirst(standardized(call.weight("kernel"), epsilon!));
  const step = [strides!, strides!] as const;
  const before = Math.floor((kernelSize! - 1) / 2);
  const after = kernelSize! - 1 - before;
  const pads: Pads =
    String(kind) === "fixed"
      ? { pads: { ints: [before, before, after, after] } }
      : padding(call, [kernelSize!, kernelSize!], step);
  const bias = call.has("bias") ? call.weight("bias") : undefined;
  return planes(convolved(call.inputs[0]!, kernel, { strides: step, pads, bias }, to), call.shapes[0]!);
};

/** Mean 0 and variance 1 of each output's weights, `[height, width, in, out]`. */
function standardized({ name, shape, data }: NamedWeights, epsilon: number): NamedWeights {
  const outputs = shape.at(-1)!;
  const count = data.length / outputs;
  const to = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) {
    let [sum, squares] = [0, 0];
    for (let i = o; i < data.length; i += outputs) sum += data[i]!;
    const mean = sum / count;
    for (let i = o; i < data.length; i += outputs) squares += (data[i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / count + epsilon);
    for (let i = o; i < data.length; i += outputs) to[i] = (data[i]! - mean) * scale;
  }
  return { name, shape, data: to };
}

/** Group normalization as instance normalization of groups: ONNX has it from opset 18 on, with another meaning of its weights. */
export const groupNorm: Converter = (call, to) => {
  const [x] = call.inputs;
  const groups = Number(call.config.groups);
  const channels = x!.shape.at(-1)!;
  const rank = x!.shape.length;
  if (rank < 3) throw cannot(call, `expected an input of rank 3 or more, got [${x!.shape}]`);
  const ones = { shape: [groups], data: new Float32Array(groups).fill(1) };
  const zeros = { shape: [groups], data: new Float32Array(groups) };
  const inputs = [
    to.reshape(to.planes(x!), [-1, groups, channels / groups, ...known(call, x!.shape.slice(1, -1))]),
    to.floats(ones, `ones of ${groups}`),
    to.floats(zeros, `zeros of ${groups}`),
  ];
  const epsilon = { float: Number(call.config.epsilon) };
  const normalized = to.node("InstanceNormalization", inputs, { epsilon });
  const whole = to.reshape(normalized, [-1, channels, ...known(call, x!.shape.slice(1, -1))]);
  const [gamma, beta] = ["gamma", "beta"].map((name) => {
    const { data, name: full } = call.weight(name);
    return to.floats({ shape: [channels, ...Array(rank - 2).fill(1)], data }, full);
  });
  return planes(to.node("Add", [to.node("Mul", [whole, gamma!]), beta!]), x!.shape);
};

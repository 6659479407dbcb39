import type { Builder } from "../builder.ts";
import { type Converter, cannot, type LayerCall } from "../converter.ts";
import { type Value, value } from "../value.ts";

type Activate = (x: string, to: Builder) => string;

/** tfjs' activations by their names in a config; softmax, along the last axis, is apart. */
const ELEMENTWISE: Readonly<Record<string, Activate>> = {
  linear: (x) => x,
  relu: (x, to) => to.node("Relu", [x]),
  relu6: (x, to) => to.node("Clip", [x, to.scalar(0), to.scalar(6)]),
  sigmoid: (x, to) => to.node("Sigmoid", [x]),
  tanh: (x, to) => to.node("Tanh", [x]),
  elu: (x, to) => to.node("Elu", [x]),
  selu: (x, to) => to.node("Selu", [x]),
  softplus: (x, to) => to.node("Softplus", [x]),
  softsign: (x, to) => to.node("Softsign", [x]),
  hard_sigmoid: (x, to) => to.node("HardSigmoid", [x], { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  swish: silu,
  silu,
  mish: (x, to) => to.node("Mul", [x, to.node("Tanh", [to.node("Softplus", [x])])]),
  gelu,
  gelu_new: geluTanh,
  gelu_tanh: geluTanh,
  quick_gelu: (x, to) => to.node("Mul", [x, to.node("Sigmoid", [to.node("Mul", [x, to.scalar(1.702)])])]),
};

/** Adds an activation by its name in a config; `null` and `undefined` are linear. */
export function activated(call: LayerCall, x: Value, to: Builder, activation: unknown): Value {
  const name = nameOf(activation);
  if (name === "softmax") return softmax(x, to);
  const activate = ELEMENTWISE[name];
  if (activate === undefined) throw cannot(call, `its activation '${name}' has no operator`);
  return { ...x, name: activate(x.name, to) };
}

/** Softmax along tfjs' last axis. */
function softmax(x: Value, to: Builder): Value {
  return value(to.node("Softmax", [to.plain(x)], { axis: { int: -1 } }), x.shape);
}

export const activation: Converter = (call, to) =>
  activated(call, call.inputs[0]!, to, call.config.activation);

export const relu: Converter = (call, to) => {
  const [x] = call.inputs;
  const most = call.config.maxValue ?? call.config.max_value;
  if (most === undefined || most === null) return activated(call, x!, to, "relu");
  return { ...x!, name: to.node("Clip", [x!.name, to.scalar(0), to.scalar(Number(most))]) };
};

export const leakyRelu: Converter = (call, to) => {
  const [x] = call.inputs;
  return { ...x!, name: to.node("LeakyRelu", [x!.name], { alpha: { float: Number(call.config.alpha) } }) };
};

export const elu: Converter = (call, to) => {
  const [x] = call.inputs;
  return { ...x!, name: to.node("Elu", [x!.name], { alpha: { float: Number(call.config.alpha ?? 1) } }) };
};

export const softmaxLayer: Converter = (call, to) => {
  const [x] = call.inputs;
  const axis = Number(call.config.axis ?? -1);
  if (axis !== -1 && axis !== x!.shape.length - 1) throw cannot(call, `expected the last axis, got ${axis}`);
  return softmax(x!, to);
};

/** x · Φ(x), by the error function. */
function gelu(x: string, to: Builder): string {
  const erf = to.node("Erf", [to.node("Mul", [x, to.scalar(Math.SQRT1_2)])]);
  return to.node("Mul", [to.node("Mul", [x, to.scalar(0.5)]), to.node("Add", [erf, to.scalar(1)])]);
}

/** The approximation of GELU by tanh. */
function geluTanh(x: string, to: Builder): string {
  const cube = to.node("Mul", [to.node("Mul", [x, x]), to.node("Mul", [x, to.scalar(0.044715)])]);
  const inner = to.node("Mul", [to.node("Add", [x, cube]), to.scalar(Math.sqrt(2 / Math.PI))]);
  const share = to.node("Add", [to.node("Tanh", [inner]), to.scalar(1)]);
  return to.node("Mul", [to.node("Mul", [x, to.scalar(0.5)]), share]);
}

function silu(x: string, to: Builder): string {
  return to.node("Mul", [x, to.node("Sigmoid", [x])]);
}

/** `null`, a name, or a layer's saved activation, as in snake case. */
function nameOf(activation: unknown): string {
  if (activation === undefined || activation === null) return "linear";
  const name =
    typeof activation === "string" ? activation : String((activation as { className?: string }).className);
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

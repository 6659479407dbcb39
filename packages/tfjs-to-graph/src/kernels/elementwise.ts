import { backend_util, type DataType } from "@tensorflow/tfjs-core";
import { attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import { type KernelRow, type KernelRows, row } from "./kernel-row.ts";

/** A function of each number, whose node has the same name unless another is given. */
function unary(op: string, dtype?: DataType): KernelRow {
  return row(
    ({ x }) => ({ shape: x!.shape, dtype: dtype ?? x!.dtype }),
    (call, to) => {
      const x = call.input("x");
      return to.node(op, [x.ref], op.startsWith("Logical") ? {} : { T: attribute.type(x.dtype) });
    },
  );
}

/** A function of two numbers each, broadcast. */
function binary(op: string, dtype?: DataType): KernelRow {
  return row(
    ({ a, b }) => ({
      shape: backend_util.assertAndGetBroadcastShape([...a!.shape], [...b!.shape]),
      dtype: dtype ?? a!.dtype,
    }),
    (call, to) => {
      const [a, b] = [call.input("a"), call.input("b")];
      return to.node(op, [a.ref, b.ref], op.startsWith("Logical") ? {} : { T: attribute.type(a.dtype) });
    },
  );
}

/** Names that are those of TensorFlow too. */
const UNARY = [
  ..."Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor Log Log1p Neg".split(" "),
  ..."OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square".split(" "),
  ..."Tan Tanh ZerosLike".split(" "),
];
const BINARY: Readonly<Record<string, string>> = {
  ...{ Add: "AddV2", Multiply: "Mul", Mod: "FloorMod" },
  ...{ Sub: "Sub", RealDiv: "RealDiv", FloorDiv: "FloorDiv", Pow: "Pow", Atan2: "Atan2" },
  ...{ Maximum: "Maximum", Minimum: "Minimum", SquaredDifference: "SquaredDifference" },
};
const TESTS: Readonly<Record<string, string>> = {
  ...{ Equal: "Equal", NotEqual: "NotEqual", Greater: "Greater", GreaterEqual: "GreaterEqual" },
  ...{ Less: "Less", LessEqual: "LessEqual", LogicalAnd: "LogicalAnd", LogicalOr: "LogicalOr" },
  LogicalXor: "NotEqual", // which it is
};

const byName = (rows: Readonly<Record<string, string>>, make: (op: string) => KernelRow): KernelRows =>
  Object.fromEntries(Object.entries(rows).map(([kernel, op]) => [kernel, make(op)]));

/** A value as another type. */
export function cast({ ref, dtype }: Operand, to: DataType, graph: GraphBuilder): string {
  if (dtype === to) return ref;
  return graph.node("Cast", [ref], { SrcT: attribute.type(dtype), DstT: attribute.type(to) });
}

/** Kernels that work number by number. */
export const ELEMENTWISE: KernelRows = {
  ...Object.fromEntries(UNARY.map((op) => [op, unary(op)])),
  ...Object.fromEntries(["IsNan", "IsInf", "IsFinite", "LogicalNot"].map((op) => [op, unary(op, "bool")])),
  ...byName(BINARY, (op) => binary(op)),
  ...byName(TESTS, (op) => binary(op, "bool")),
  Identity: row(
    ({ x }) => x!,
    (call) => call.input("x").ref,
  ),
  Cast: row<{ dtype: DataType }>(
    ({ x }, { dtype }) => ({ shape: x!.shape, dtype }),
    (call, to) => cast(call.input("x"), call.output.dtype, to),
  ),
  ClipByValue: row(
    ({ x }) => x!,
    (call, to) => {
      const { ref, dtype } = call.input("x");
      const limits = [call.fixed<number>("clipValueMin"), call.fixed<number>("clipValueMax")];
      return to.node("ClipByValue", [ref, ...limits.map((limit) => to.scalar(limit, dtype))], {
        T: attribute.type(dtype),
      });
    },
  ),
  LeakyRelu: row(
    ({ x }) => x!,
    (call, to) => {
      const { ref, dtype } = call.input("x");
      const alpha = attribute.float(call.fixed<number>("alpha"));
      return to.node("LeakyRelu", [ref], { T: attribute.type(dtype), alpha });
    },
  ),
  Prelu: row(
    ({ x }) => x!,
    (call, to) => {
      const [x, alpha] = [call.input("x"), call.input("alpha")];
      return to.node("Prelu", [x.ref, alpha.ref], { T: attribute.type(x.dtype) });
    },
  ),
  Step: row(
    ({ x }) => x!,
    (call, to) => {
      const { ref, dtype } = call.input("x");
      const T = attribute.type(dtype);
      const isAbove = to.node("Greater", [ref, to.scalar(0, dtype, "operand")], { T });
      const otherwise = to.scalar(call.fixed<number>("alpha"), dtype, "operand");
      return to.node("SelectV2", [isAbove, to.scalar(1, dtype, "operand"), otherwise], { T });
    },
  ),
  Select: row(
    ({ t }) => t!,
    (call, to) => {
      const [condition, t, e] = [call.input("condition"), call.input("t"), call.input("e")];
      return to.node("SelectV2", [condition.ref, t.ref, e.ref], { T: attribute.type(t.dtype) });
    },
  ),
  AddN: row(
    (inputs) => Object.values(inputs)[0]!,
    (call, to) =>
      to.node(
        "AddN",
        call.list.map(({ ref }) => ref),
        {
          N: attribute.int(call.list.length),
          T: attribute.type(call.output.dtype),
        },
      ),
  ),
};

import { attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import type { TensorSpec } from "../trace/traced.ts";
import { sameShape } from "../varying/size.ts";
import { activated, fusion } from "./activation.ts";
import type { KernelCall } from "./kernel-call.ts";
import { type KernelRows, row } from "./kernel-row.ts";
import { broadcast } from "./reduction.ts";
import { reshaped } from "./reshape.ts";

interface ProductAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product(a: TensorSpec, b: TensorSpec, { transposeA, transposeB }: ProductAttrs): TensorSpec {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  return { shape: [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns], dtype: a.dtype };
}

/** A product of matrices. */
function matMul(a: Operand, b: Operand, call: KernelCall, to: GraphBuilder): string {
  const [left, right] = [call.fixed<boolean>("transposeA"), call.fixed<boolean>("transposeB")];
  const T = attribute.type(a.dtype);
  if (a.shape.length === 2 && b.shape.length === 2) {
    const flags = { transpose_a: attribute.bool(left), transpose_b: attribute.bool(right) };
    return to.node("MatMul", [a.ref, b.ref], { T, ...flags });
  }
  const flags = { adj_x: attribute.bool(left), adj_y: attribute.bool(right) };
  return to.node("BatchMatMulV2", [a.ref, b.ref], { T, ...flags });
}

/** tfjs gives its fused product three axes; one of two axes, as it was before, is what TensorFlow's takes. */
function flat(matrix: Operand, to: GraphBuilder): Operand {
  const shape = matrix.shape.slice(1);
  return { ...matrix, shape, ref: reshaped(matrix, shape, to) };
}

/** Kernels of matrices. */
export const MATRICES: KernelRows = {
  BatchMatMul: row<ProductAttrs>(
    ({ a, b }, attrs) => product(a!, b!, attrs),
    (call, to) => matMul(call.input("a"), call.input("b"), call, to),
  ),
  _FusedMatMul: row<ProductAttrs>(
    ({ a, b }, attrs) => product(a!, b!, attrs),
    (call, to) => {
      const [a, b] = [call.input("a"), call.input("b")];
      const { bias } = call.inputs;
      // The fused product is wrong on tfjs' WASM backend for several matrices, or transposed ones.
      const isTransposed = call.fixed<boolean>("transposeA") || call.fixed<boolean>("transposeB");
      const isOne = sameShape(a.shape.slice(0, -2), [1]) && sameShape(b.shape.slice(0, -2), [1]);
      if (!isOne || isTransposed) {
        const [left, right] = isOne ? [flat(a, to), flat(b, to)] : [a, b];
        const plain = matMul(left, right, call, to);
        const shape = isOne ? call.output.shape.slice(1) : call.output.shape;
        return reshaped(
          { ...call.output, shape, ref: activated(plain, bias, call, to) },
          call.output.shape,
          to,
        );
      }
      const [left, right] = [flat(a, to), flat(b, to)];
      const shape = call.output.shape.slice(1);
      const ref = fusedMatMul(left, right, bias, call, to);
      return reshaped({ ...call.output, shape, ref }, call.output.shape, to);
    },
  ),
  Einsum: row<{ equation: string }>(
    (inputs, { equation }) => {
      const [terms, result] = equation.replace(/\s/g, "").split("->") as [string, string];
      const sides = new Map<string, number>();
      for (const [i, term] of terms.split(",").entries())
        for (const [axis, letter] of [...term].entries())
          sides.set(letter, Object.values(inputs)[i]!.shape[axis]!);
      return { shape: [...result].map((letter) => sides.get(letter)!), dtype: inputs[0]!.dtype };
    },
    (call, to) => {
      const N = attribute.int(call.list.length);
      const equation = attribute.text(smallLetters(call.fixed<string>("equation")));
      const refs = call.list.map(({ ref }) => ref);
      return to.node("Einsum", refs, { N, T: attribute.type(call.output.dtype), equation });
    },
  ),
};

function fusedMatMul(
  a: Operand,
  b: Operand,
  bias: Operand | undefined,
  call: KernelCall,
  to: GraphBuilder,
): string {
  const columns = b.shape.at(-1)!;
  const isBias = bias !== undefined && sameShape(bias.shape, [columns]);
  if (!isBias) return activated(matMul(a, b, call, to), bias, call, to);
  const { refs, attrs } = fusion(bias, call);
  return to.node("_FusedMatMul", [a.ref, b.ref, ...refs], {
    ...{ T: attribute.type(a.dtype), ...attrs },
    ...{ transpose_a: attribute.bool(false), transpose_b: attribute.bool(false) },
  });
}

/** tfjs' graph executor takes equations in small letters only. */
function smallLetters(equation: string): string {
  const letters = [...new Set(equation.replace(/[^A-Za-z]/g, ""))];
  return equation.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(97 + letters.indexOf(letter)));
}

import { type Attributes, attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import type { KernelCall } from "./kernel-call.ts";

/** Activations of tfjs' fused kernels as nodes. */
const NODES: Readonly<Record<string, string>> = {
  ...{ relu: "Relu", relu6: "Relu6", elu: "Elu", sigmoid: "Sigmoid" },
  ...{ leakyrelu: "LeakyRelu", prelu: "Prelu" },
};

/** The node of a fused kernel's activation; `undefined` if it has none. */
function activation(call: KernelCall): string | undefined {
  const name = call.fixed<string | null>("activation") ?? "linear";
  if (name === "linear") return undefined;
  const node = NODES[name];
  if (node === undefined) throw call.refuse(`graph models have no activation '${name}'`);
  return node;
}

/** Inputs and attributes of a fused node: a bias, and what comes after it. */
export function fusion(bias: Operand, call: KernelCall): { refs: readonly string[]; attrs: Attributes } {
  const after = activation(call);
  const refs = [bias.ref, ...(after === "Prelu" ? [call.input("preluActivationWeights").ref] : [])];
  const alpha = call.fixed<number | null>("leakyreluAlpha") ?? 0.2;
  return {
    refs,
    attrs: {
      num_args: attribute.int(refs.length),
      fused_ops: attribute.texts(["BiasAdd", ...(after === undefined ? [] : [after])]),
      ...(after === "LeakyRelu" && { leakyrelu_alpha: attribute.float(alpha) }),
    },
  };
}

/** Adds a fused kernel's bias and activation as nodes of their own. */
export function activated(
  ref: string,
  bias: Operand | undefined,
  call: KernelCall,
  to: GraphBuilder,
): string {
  const T = attribute.type(call.output.dtype);
  const sum = bias === undefined ? ref : to.node("AddV2", [ref, bias.ref], { T });
  const after = activation(call);
  if (after === undefined) return sum;
  if (after === "Prelu") return to.node(after, [sum, call.input("preluActivationWeights").ref], { T });
  const alpha = call.fixed<number | null>("leakyreluAlpha") ?? 0.2;
  return to.node(after, [sum], { T, ...(after === "LeakyRelu" && { alpha: attribute.float(alpha) }) });
}

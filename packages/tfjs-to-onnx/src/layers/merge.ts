import type { Builder } from "../builder.ts";
import { type Converter, cannot, type LayerCall } from "../converter.ts";

/** Adds two values and more, element by element. */
const folded =
  (operator: string): Converter =>
  (call, to) => {
    requireOneShape(call);
    const { names, result } = to.alike(call.inputs);
    return result(
      names.reduce((sum, name) => to.node(operator, [sum, name])),
      call.shapes[0]!,
    );
  };

export const add: Converter = folded("Add");
export const multiply: Converter = folded("Mul");
export const maximum: Converter = folded("Max");
export const minimum: Converter = folded("Min");

export const average: Converter = (call, to) => {
  const sum = add(call, to) as ReturnType<Builder["alike"]>["result"] extends (...args: never[]) => infer V
    ? V
    : never;
  return { ...sum, name: to.node("Mul", [sum.name, to.scalar(1 / call.inputs.length)]) };
};

export const concatenate: Converter = (call, to) => {
  const rank = call.inputs[0]!.shape.length;
  const axis = (Number(call.config.axis ?? -1) + rank) % rank;
  const { names, result } = axis === rank - 1 || rank === 2 ? to.alike(call.inputs) : inOrder(call, to);
  const isPlanes = result("", []).channelsFirst;
  return result(to.node("Concat", names, { axis: { int: isPlanes ? 1 : axis } }), call.shapes[0]!);
};

function inOrder(call: LayerCall, to: Builder): ReturnType<Builder["alike"]> {
  return to.alike(call.inputs.map((x) => ({ ...x, channelsFirst: false, name: to.plain(x) })));
}

function requireOneShape(call: LayerCall): void {
  const [first, ...rest] = call.inputs.map(({ shape }) => shape.slice(1).join());
  if (rest.some((shape) => shape !== first)) {
    throw cannot(
      call,
      `expected inputs of one shape, got ${call.inputs.map(({ shape }) => `[${shape}]`).join(" and ")}`,
    );
  }
}

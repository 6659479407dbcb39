import { attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import { fixedShape, isVarying, type Size, sameShape } from "../varying/size.ts";

/**
 * A value in another shape. What was reshaped before is reshaped from the start, and what gets its own shape back is itself.
 *
 * One side may be whatever the others leave; further ones are computed from the inputs' shapes.
 */
export function reshaped(value: Operand, shape: readonly Size[], to: GraphBuilder): string {
  const source = to.reshapes.get(value.ref) ?? value;
  if (sameShape(source.shape, shape)) return source.ref;
  const stored = to.stored(source.ref);
  const fixed = fixedShape(shape);
  if (stored !== undefined && fixed !== undefined) {
    const view = to.weight(stored.values, fixed, value.dtype, `${source.ref}/reshaped`);
    to.reshapes.set(view, source);
    return view;
  }
  const varying = shape.flatMap((side, i) => (isVarying(side) ? [i] : []));
  const open = varying.find((i) => (shape[i] as { linear?: object }).linear === undefined) ?? varying[0];
  const sides = to.ints(shape.map((side, i) => (i === open ? -1 : side)));
  const types = { T: attribute.type(value.dtype), Tshape: attribute.type("int32") };
  const ref = to.node("Reshape", [source.ref, sides], types);
  to.reshapes.set(ref, source);
  return ref;
}

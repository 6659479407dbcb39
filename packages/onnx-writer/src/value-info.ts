import { DTYPES, type Dtype } from "./dtype.ts";
import { type Fields, integer, message, text } from "./message.ts";

/** Size of an axis; a name, such as `batch_size`, where any size is taken. */
export type Dimension = number | string;

/** `ValueInfoProto`: name, element type and shape of an input or output. */
export function valueInfo(field: number, name: string, dtype: Dtype, shape: readonly Dimension[]): Fields {
  const dimensions = shape.map((side) =>
    message(1, [typeof side === "number" ? integer(1, side) : text(2, side)]),
  );
  return message(field, [
    text(1, name),
    message(2, [message(1, [integer(1, DTYPES[dtype].code), message(2, dimensions)])]),
  ]);
}

/** @throws TypeError unless it is a list of integers ≥ 0 and names. */
export function requireShape(place: string, shape: readonly Dimension[]): void {
  const fits = (side: unknown) =>
    typeof side === "string" ? side !== "" : Number.isSafeInteger(side) && Number(side) >= 0;
  if (Array.isArray(shape) && shape.every(fits)) return;
  throw new TypeError(
    `${place}: shape must be a list of integers >= 0 or names, got ${JSON.stringify(shape)}`,
  );
}

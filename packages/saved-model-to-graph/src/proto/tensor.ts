import { DTYPES } from "./dtype.ts";
import { doublesIn, fieldsOf, floatsIn, integersIn, textOf } from "./message.ts";

/** Sides of a shape, −1 for an unknown one; `undefined` for a shape of unknown rank. */
export type Shape = readonly number[] | undefined;

/** A constant, as tfjs' types have it. */
export interface Constant {
  readonly dtype: "float32" | "int32" | "bool" | "string";
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array | readonly Uint8Array[];
}

/** Most elements of a constant that repeats one value, which takes no space in the file. */
const MOST_REPEATED = 2 ** 24;
/** Bytes of an element in `tensor_content`. */
const BYTES: Readonly<Record<number, number>> = {
  ...{ [DTYPES.float]: 4, [DTYPES.double]: 8, [DTYPES.int32]: 4, [DTYPES.uint8]: 1 },
  ...{ [DTYPES.int16]: 2, [DTYPES.int8]: 1, [DTYPES.int64]: 8, [DTYPES.bool]: 1 },
};

/** Reads a `TensorShapeProto`. */
export function readShape(message: Uint8Array): Shape {
  const sides: number[] = [];
  for (const { number, integer, bytes } of fieldsOf(message)) {
    if (number === 3 && integer !== 0n) return undefined;
    if (number !== 2) continue;
    let side = 0;
    for (const field of fieldsOf(bytes)) if (field.number === 1) side = Number(field.integer);
    sides.push(side);
  }
  return sides;
}

/**
 * Reads a `TensorProto`: float64 becomes float32, and integers of all sizes int32, limited to its range, as in tfjs' converter.
 *
 * @throws RangeError for another type, or values that are not as many as the shape says.
 */
export function readTensor(message: Uint8Array): Constant {
  let dtype = 0;
  let shape: Shape = [];
  let content: Uint8Array | undefined;
  const numbers: number[] = [];
  const strings: Uint8Array[] = [];
  for (const field of fieldsOf(message)) {
    const { number, integer, bytes } = field;
    if (number === 1) dtype = Number(integer);
    else if (number === 2) shape = readShape(bytes);
    else if (number === 4) content = bytes;
    else if (number === 5) numbers.push(...floatsIn(field));
    else if (number === 6) numbers.push(...doublesIn(field));
    else if (number === 7 || number === 10 || number === 11) numbers.push(...integersIn(field));
    else if (number === 8) strings.push(bytes);
  }
  if (shape === undefined || !shape.every((side) => Number.isSafeInteger(side) && side >= 0))
    throw new RangeError("expected a constant with a shape, got an unknown one");
  const count = shape.reduce((a, b) => a * b, 1);
  if (dtype === DTYPES.string) {
    if (strings.length !== count) throw new RangeError(`expected ${count} strings, got ${strings.length}`);
    return { dtype: "string", shape, values: strings };
  }
  const size = BYTES[dtype];
  if (size === undefined) throw new RangeError(`expected numbers, truths or strings, got the type ${dtype}`);
  const isWhole = content !== undefined && content.length > 0;
  if (isWhole && content!.length !== count * size)
    throw new RangeError(`expected ${count * size} bytes of [${shape}], got ${content!.length}`);
  if (!isWhole && numbers.length !== count && count > MOST_REPEATED)
    throw new RangeError(`expected at most ${MOST_REPEATED} repeated values, got ${count}`);
  if (!isWhole && numbers.length > count)
    throw new RangeError(`expected ${count} values, got ${numbers.length}`);
  const read = isWhole ? contentReader(dtype, content!) : repeatedReader(numbers);
  return { shape, ...valuesOf(dtype, count, read) };
}

type Read = (index: number) => number;

/** The last value stands for all that are missing. */
const repeatedReader =
  (numbers: readonly number[]): Read =>
  (index) =>
    numbers[Math.min(index, numbers.length - 1)] ?? 0;

function contentReader(dtype: number, content: Uint8Array): Read {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  switch (dtype) {
    case DTYPES.float:
      return (index) => view.getFloat32(index * 4, true);
    case DTYPES.double:
      return (index) => view.getFloat64(index * 8, true);
    case DTYPES.int32:
      return (index) => view.getInt32(index * 4, true);
    case DTYPES.int64:
      return (index) => Number(view.getBigInt64(index * 8, true));
    case DTYPES.int16:
      return (index) => view.getInt16(index * 2, true);
    case DTYPES.int8:
      return (index) => view.getInt8(index);
    default:
      return (index) => view.getUint8(index);
  }
}

function valuesOf(dtype: number, count: number, read: Read): Pick<Constant, "dtype" | "values"> {
  if (dtype === DTYPES.float || dtype === DTYPES.double) {
    return { dtype: "float32", values: Float32Array.from({ length: count }, (_, i) => read(i)) };
  }
  if (dtype === DTYPES.bool) {
    return { dtype: "bool", values: Uint8Array.from({ length: count }, (_, i) => Number(read(i) !== 0)) };
  }
  const limited = (value: number) => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));
  return { dtype: "int32", values: Int32Array.from({ length: count }, (_, i) => limited(read(i))) };
}

/** A string constant's text, as `RestoreV2` has names. */
export function textsOf({ values }: Constant): string[] {
  return [...(values as readonly Uint8Array[])].map(textOf);
}

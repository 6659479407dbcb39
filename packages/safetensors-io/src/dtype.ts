import { BYTES, check, requireArguments } from "known-options";
import { fromBfloat16, fromFloat16 } from "./half.ts";

/** Element types that can be written from float32. */
export type FloatDtype = "F32" | "F16" | "BF16";

/** Element types that can be written. */
export type WrittenDtype = FloatDtype | "I32" | "U8";

/** Element types of the format. 8-bit floats, types of fewer than 8 bits and `C64` can be listed but not read. */
export type Dtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "F8_E5M2FNUZ"
  | "F8_E4M3FNUZ"
  | "F4"
  | "F6_E2M3"
  | "F6_E3M2"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "I64"
  | "U64"
  | "F64"
  | "C64";

/** Bits per element. */
const BITS: Readonly<Record<Dtype, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

/** Values of a tensor. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** Whether a name is an element type of the format. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(BITS, name);
}

/** Checks that a value is an element type. */
const DTYPE = check("an element type such as F32", (value) => typeof value === "string" && isDtype(value));

/**
 * Returns the bits per element.
 *
 * @example
 * console.log(bitsOf("BF16")); // 16
 */
export function bitsOf(dtype: Dtype): number {
  requireArguments("bitsOf", { dtype }, { dtype: DTYPE });
  return BITS[dtype];
}

/**
 * Decodes little-endian bytes: 16-bit floats become float32, 64-bit integers float64.
 *
 * @returns A new array.
 * @throws RangeError if the type cannot be read, or an integer is beyond 2^53.
 *
 * @example
 * console.log(decode("BF16", Uint8Array.of(0x80, 0x3f))); // Float32Array(1) [ 1 ]
 */
export function decode(dtype: Dtype, bytes: Uint8Array): Numbers {
  requireArguments("decode", { dtype, bytes }, { dtype: DTYPE, bytes: BYTES });
  const { buffer } = new Uint8Array(bytes); // an aligned copy, which slice() of a Node Buffer is not
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float64Array(buffer);
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), fromFloat16);
    case "BF16":
      return fromBfloat16(new Uint16Array(buffer));
    case "I64":
      return Float64Array.from(new BigInt64Array(buffer) as unknown as Iterable<number>, exact);
    case "U64":
      return Float64Array.from(new BigUint64Array(buffer) as unknown as Iterable<number>, exact);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer);
    default:
      throw new RangeError(`expected a type that can be read, got ${dtype}`);
  }
}

function exact(value: bigint | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`expected integers within 2^53, got ${value}`);
  return number;
}

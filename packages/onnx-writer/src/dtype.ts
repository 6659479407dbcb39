/** Element type of a tensor. */
export type Dtype = "float32" | "float16" | "float64" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** Number in `TensorProto.DataType`, and the array that holds the elements: bits for float16, bytes for bool. */
export const DTYPES: Readonly<Record<Dtype, { readonly code: number; readonly array: string }>> = {
  float32: { code: 1, array: "Float32Array" },
  uint8: { code: 2, array: "Uint8Array" },
  int8: { code: 3, array: "Int8Array" },
  int32: { code: 6, array: "Int32Array" },
  int64: { code: 7, array: "BigInt64Array" },
  bool: { code: 9, array: "Uint8Array" },
  float16: { code: 10, array: "Uint16Array" },
  float64: { code: 11, array: "Float64Array" },
};

/** TensorFlow's numbers of the types that are used here. */
export const DTYPES = {
  float: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  int64: 9,
  bool: 10,
  resource: 20,
} as const;

const NAMES: readonly string[] = [
  ...[
    "INVALID",
    "FLOAT",
    "DOUBLE",
    "INT32",
    "UINT8",
    "INT16",
    "INT8",
    "STRING",
    "COMPLEX64",
    "INT64",
    "BOOL",
  ],
  ...[
    "QINT8",
    "QUINT8",
    "QINT32",
    "BFLOAT16",
    "QINT16",
    "QUINT16",
    "UINT16",
    "COMPLEX128",
    "HALF",
    "RESOURCE",
  ],
  ...["VARIANT", "UINT32", "UINT64"],
];

/** Name of a type in protobuf's JSON, `DT_FLOAT`; references (of TensorFlow 1's variables) are 100 more. */
export function dtypeName(dtype: number): string {
  return `DT_${NAMES[dtype > 100 ? dtype - 100 : dtype] ?? "INVALID"}`;
}

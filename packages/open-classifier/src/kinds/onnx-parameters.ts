import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Fields of onnx.proto that lead to the shapes of the weights. */
const [GRAPH, INITIALIZER, DIMS, DATA_TYPE] = [7, 5, 1, 2];
/** Numbers of int32, int64 and bool: such initializers are axes and shapes. */
const NOT_WEIGHTS: ReadonlySet<number> = new Set([6, 7, 9]);

/**
 * Returns the number of a model's weights: the elements of its graph's initializers, without scalars and integers.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function onnxParameters(model: Uint8Array): number {
  let sum = 0;
  for (const graph of messages(model, GRAPH))
    for (const tensor of messages(graph, INITIALIZER)) sum += weightsIn(tensor);
  return sum;
}

/** The messages of one field. */
function* messages(message: Uint8Array, field: number): Generator<Uint8Array> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === WireType.LengthDelimited) yield reader.bytes();
    else reader.skip(type, number);
  }
}

function weightsIn(tensor: Uint8Array): number {
  const reader = new BinaryReader(tensor);
  const found: number[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === DATA_TYPE && NOT_WEIGHTS.has(reader.int32())) return 0;
    if (number === DATA_TYPE) continue;
    if (number !== DIMS) reader.skip(type, number);
    else if (type === WireType.LengthDelimited) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) found.push(Number(reader.int64()));
    } else found.push(Number(reader.int64()));
  }
  return found.length === 0 ? 0 : found.reduce((a, b) => a * b, 1);
}

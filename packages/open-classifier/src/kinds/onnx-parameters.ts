import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Fields of onnx.proto that lead to the shapes of the weights. */
const [GRAPH, INITIALIZER, DIMS] = [7, 5, 1];

/**
 * Returns the number of a model's weights: the elements of its graph's initializers.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function onnxParameters(model: Uint8Array): number {
  let sum = 0;
  for (const graph of messages(model, GRAPH))
    for (const tensor of messages(graph, INITIALIZER)) sum += dims(tensor).reduce((a, b) => a * b, 1);
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

/** A tensor's dimensions, packed or not. */
function dims(tensor: Uint8Array): number[] {
  const reader = new BinaryReader(tensor);
  const found: number[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number !== DIMS) reader.skip(type, number);
    else if (type === WireType.LengthDelimited) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) found.push(Number(reader.int64()));
    } else found.push(Number(reader.int64()));
  }
  return found;
}

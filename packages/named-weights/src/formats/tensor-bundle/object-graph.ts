import { crc32c, masked } from "masked-crc32c";
import type { BundleEntry } from "./entry.ts";
import { Cursor, fields } from "./protobuf-reader.ts";

/** Key of the graph of a checkpoint's objects. */
export const OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

const VALUE = "/.ATTRIBUTES/VARIABLE_VALUE";
const OUTPUT = /:0$/;

/**
 * Returns the name of a variable whose name is not stored, from its checkpoint key:
 * `layer/net.Sconv.Skernel:0/.ATTRIBUTES/VARIABLE_VALUE` → `layer/net/conv/kernel`. TensorFlow escapes a slash in an
 * object's name as `.S` and a dot as `..`.
 */
export function nameOfKey(key: string): string {
  const path = key.endsWith(VALUE) ? key.slice(0, -VALUE.length) : key;
  return path.replace(/\.([.S])/g, (_, escaped) => (escaped === "S" ? "/" : ".")).replace(OUTPUT, "");
}

/**
 * Reads the string of a scalar string tensor: its length, a CRC of the length, its bytes.
 *
 * @throws RangeError if it is cut short or a CRC is wrong.
 */
export function readString(bytes: Uint8Array, entry: BundleEntry): Uint8Array {
  const cursor = new Cursor(bytes);
  const length = cursor.varint();
  const lengthCrc = crc32c(littleEndian(length));
  const stored = cursor.fixed32();
  const text = cursor.take(length);
  const whole = crc32c(text, crc32c(littleEndian(stored), lengthCrc));
  if (stored !== masked(lengthCrc) || entry.crc !== masked(whole))
    throw new RangeError("the CRC of a string is wrong");
  return text;
}

/**
 * Returns the names of variables by checkpoint key, from a `TrackableObjectGraph`.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/trackable_object_graph.proto
 */
export function variableNames(graph: Uint8Array): Map<string, string> {
  const names = new Map<string, string>();
  for (const node of fields(graph)) {
    if (node.number !== 1) continue;
    for (const attribute of fields(node.bytes)) {
      if (attribute.number !== 2) continue;
      let [name, key] = ["", ""];
      for (const { number, bytes } of fields(attribute.bytes)) {
        if (number === 2) name = new TextDecoder().decode(bytes);
        if (number === 3) key = new TextDecoder().decode(bytes);
      }
      if (name !== "" && key !== "") names.set(key, name.replace(OUTPUT, ""));
    }
  }
  return names;
}

function littleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

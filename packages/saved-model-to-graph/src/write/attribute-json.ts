import type { Default } from "../graph/default-attributes.ts";
import type { Attribute } from "../proto/attribute.ts";
import { dtypeName } from "../proto/dtype.ts";
import type { Shape } from "../proto/tensor.ts";

/** A shape as protobuf writes it as JSON: 64-bit integers are strings. */
export function shapeJson(shape: Shape): object {
  if (shape === undefined) return { unknownRank: true };
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

/** Base64, which tfjs reads strings from. */
function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** A default as {@link attributeJson}. */
export function defaultJson(value: Default): object {
  if ("s" in value) return { s: base64(new TextEncoder().encode(value.s)) };
  if ("list" in value) return { list: value.list.length === 0 ? {} : { i: value.list.map(String) } };
  return "i" in value ? { i: String(value.i) } : value;
}

/** An attribute as protobuf writes it as JSON, and tfjs reads it; `undefined` for functions and tensors, which no operation here has. */
export function attributeJson(attribute: Attribute): object | undefined {
  switch (attribute.kind) {
    case "s":
      return { s: base64(attribute.value) };
    case "i":
      return { i: String(attribute.value) };
    case "f":
      return { f: attribute.value };
    case "b":
      return { b: attribute.value };
    case "type":
      return { type: dtypeName(attribute.value) };
    case "shape":
      return { shape: shapeJson(attribute.value) };
    case "list": {
      const { s, i, f, b, type, shape } = attribute.value;
      return {
        list: {
          ...(s.length > 0 && { s: s.map(base64) }),
          ...(i.length > 0 && { i: i.map(String) }),
          ...(f.length > 0 && { f: [...f] }),
          ...(b.length > 0 && { b: [...b] }),
          ...(type.length > 0 && { type: type.map(dtypeName) }),
          ...(shape.length > 0 && { shape: shape.map(shapeJson) }),
        },
      };
    }
    default:
      return undefined;
  }
}

import { type Fields, float, integer, message, text } from "./message.ts";

/** Value of a node's attribute, by its type in ONNX. */
export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

/** Its number in `AttributeProto.AttributeType`, and what values it takes. */
const KINDS = {
  float: { code: 1, expected: "a number", fits: (value: unknown) => typeof value === "number" },
  int: { code: 2, expected: "an integer", fits: Number.isSafeInteger },
  string: { code: 3, expected: "a string", fits: (value: unknown) => typeof value === "string" },
  floats: { code: 6, expected: "numbers", fits: listOf((value) => typeof value === "number") },
  ints: { code: 7, expected: "integers", fits: listOf(Number.isSafeInteger) },
} as const;

/** @throws TypeError if it is not one value of a known kind. */
export function requireAttribute(place: string, name: string, attribute: Attribute): void {
  const [[kind, value] = ["nothing", undefined], ...others] = Object.entries(attribute ?? {});
  if (others.length > 0 || !Object.hasOwn(KINDS, kind)) {
    const got = Object.keys(attribute ?? {}).join(", ");
    throw new TypeError(`${place}: ${name} must have one of ${Object.keys(KINDS).join(", ")}, got '${got}'`);
  }
  const { expected, fits } = KINDS[kind as keyof typeof KINDS];
  if (!fits(value))
    throw new TypeError(`${place}: ${name} must be ${expected}, got ${JSON.stringify(value)}`);
}

/** `AttributeProto` as a field of `NodeProto`. */
export function attributeField(name: string, attribute: Attribute): Fields {
  const kind = Object.keys(attribute)[0] as keyof typeof KINDS;
  return message(5, [text(1, name), ...valueFields(attribute), integer(20, KINDS[kind].code)]);
}

function valueFields(attribute: Attribute): Fields[] {
  if ("float" in attribute) return [float(2, attribute.float)];
  if ("int" in attribute) return [integer(3, attribute.int)];
  if ("string" in attribute) return [text(4, attribute.string)];
  if ("floats" in attribute) return attribute.floats.map((value) => float(7, value));
  return attribute.ints.map((value) => integer(8, value));
}

function listOf(fits: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(fits);
}

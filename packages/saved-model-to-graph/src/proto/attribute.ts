import { fieldsOf, floatsIn, integersIn, pairOf, textOf } from "./message.ts";
import { readShape, type Shape } from "./tensor.ts";

/** Value of a node's attribute; a tensor is left as it is in the file. */
export type Attribute =
  | { readonly kind: "s"; readonly value: Uint8Array }
  | { readonly kind: "i" | "f" | "type"; readonly value: number }
  | { readonly kind: "b"; readonly value: boolean }
  | { readonly kind: "shape"; readonly value: Shape }
  | { readonly kind: "tensor"; readonly value: Uint8Array }
  /** Name of a function. */
  | { readonly kind: "func"; readonly value: string }
  /** Name of an attribute of the call that a function's node takes over. */
  | { readonly kind: "placeholder"; readonly value: string }
  | { readonly kind: "list"; readonly value: AttributeList };

/** Lists of an attribute, of which one has values. */
interface AttributeList {
  readonly s: readonly Uint8Array[];
  readonly i: readonly number[];
  readonly f: readonly number[];
  readonly b: readonly boolean[];
  readonly type: readonly number[];
  readonly shape: readonly Shape[];
}

/** Reads an `AttrValue`; `undefined` for one without a value. */
function readAttribute(message: Uint8Array): Attribute | undefined {
  let found: Attribute | undefined;
  for (const field of fieldsOf(message)) {
    const { number, integer, bytes } = field;
    if (number === 1) found = { kind: "list", value: readList(bytes) };
    else if (number === 2) found = { kind: "s", value: bytes };
    else if (number === 3) found = { kind: "i", value: Number(integer) };
    else if (number === 4) found = { kind: "f", value: floatsIn(field)[0] ?? 0 };
    else if (number === 5) found = { kind: "b", value: integer !== 0n };
    else if (number === 6) found = { kind: "type", value: Number(integer) };
    else if (number === 7) found = { kind: "shape", value: readShape(bytes) };
    else if (number === 8) found = { kind: "tensor", value: bytes };
    else if (number === 9) found = { kind: "placeholder", value: textOf(bytes) };
    else if (number === 10) found = { kind: "func", value: nameIn(bytes) };
  }
  return found;
}

function nameIn(message: Uint8Array): string {
  for (const { number, bytes } of fieldsOf(message)) if (number === 1) return textOf(bytes);
  return "";
}

function readList(message: Uint8Array): AttributeList {
  const list = {
    s: [] as Uint8Array[],
    i: [] as number[],
    f: [] as number[],
    b: [] as boolean[],
    type: [] as number[],
    shape: [] as Shape[],
  };
  for (const field of fieldsOf(message)) {
    if (field.number === 2) list.s.push(field.bytes);
    else if (field.number === 3) list.i.push(...integersIn(field));
    else if (field.number === 4) list.f.push(...floatsIn(field));
    else if (field.number === 5) list.b.push(...integersIn(field).map((one) => one !== 0));
    else if (field.number === 6) list.type.push(...integersIn(field));
    else if (field.number === 7) list.shape.push(readShape(field.bytes));
  }
  return list;
}

/** Reads a map of attributes, entry by entry. */
export function addAttribute(attributes: Map<string, Attribute>, entry: Uint8Array): void {
  const [name, value] = pairOf(entry);
  const attribute = readAttribute(value);
  if (attribute !== undefined) attributes.set(name, attribute);
}

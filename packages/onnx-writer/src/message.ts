// Fields of protobuf messages: https://protobuf.dev/programming-guides/encoding/
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Writes the fields of one message. */
export type Fields = (to: BinaryWriter) => void;

/** Encodes a message of these fields. */
export function encoded(fields: readonly Fields[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const write of fields) write(writer);
  return writer.finish();
}

export function integer(field: number, value: number | bigint): Fields {
  return (to) => to.tag(field, WireType.Varint).int64(BigInt(value));
}

export function float(field: number, value: number): Fields {
  return (to) => to.tag(field, WireType.Bit32).float(value);
}

export function text(field: number, value: string): Fields {
  return (to) => to.tag(field, WireType.LengthDelimited).string(value);
}

/** The bytes are not copied before the file is joined. */
export function bytes(field: number, value: Uint8Array): Fields {
  return (to) => to.tag(field, WireType.LengthDelimited).bytes(value);
}

/** A message in a message, its fields in the order given. */
export function message(field: number, fields: readonly Fields[]): Fields {
  return (to) => {
    to.tag(field, WireType.LengthDelimited).fork();
    for (const write of fields) write(to);
    to.join();
  };
}

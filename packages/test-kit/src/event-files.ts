// A reader of TensorBoard's event files that shares no code with the writer in `tensorboard-events`.

/** A protobuf message: its fields' values by number, in their order. */
type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

/** The data of a TFRecord file's records. @throws Error if a checksum is wrong or the file ends within a record. */
export function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (file.readUInt32LE(at + 8) !== masked(file.subarray(at, at + 8))) throw new Error("length's checksum");
    if (file.readUInt32LE(at + 12 + length) !== masked(data)) throw new Error("data's checksum");
    records.push(data);
    at += length + 16;
  }
  return records;
}

/** Bit by bit, as the polynomial is defined. */
function masked(data: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** Fields of a message; fixed 64-bit ones as float64, fixed 32-bit ones as float32. */
function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    const length = type === 0 ? 0 : type === 1 ? 8 : type === 5 ? 4 : varint();
    const content = bytes.subarray(at, at + length);
    at += length;
    const value =
      type === 0
        ? varint()
        : type === 1
          ? content.readDoubleLE()
          : type === 5
            ? content.readFloatLE()
            : content;
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

/** Parts of an event that `tensorboard-events` writes. */
export interface ReadEvent {
  readonly seconds: number;
  readonly step: number;
  readonly version?: string;
  readonly isStart: boolean;
  /** Values by tag: a number, text, or a picture's PNG. */
  readonly values: Readonly<Record<string, number | string | Buffer>>;
}

/** The events of a file. */
export function readEvents(file: Buffer): ReadEvent[] {
  return readRecords(file).map((data) => {
    const event = readMessage(data);
    const [summary, version] = [event.get(5)?.[0], event.get(3)?.[0]];
    const values = summary === undefined ? [] : (readMessage(summary as Buffer).get(1) as Buffer[]);
    return {
      seconds: event.get(1)![0] as number,
      step: (event.get(2)?.[0] ?? 0) as number,
      ...(version !== undefined && { version: String(version) }),
      isStart: event.has(7) && readMessage(event.get(7)![0] as Buffer).get(1)![0] === 1,
      values: Object.fromEntries(values.map((bytes) => readValue(readMessage(bytes)))),
    };
  });
}

function readValue(value: Message): [tag: string, content: number | string | Buffer] {
  const tag = String(value.get(1)![0]);
  const [number, image, tensor] = [2, 4, 8].map((field) => value.get(field)?.[0]);
  if (number !== undefined) return [tag, number];
  if (image !== undefined) return [tag, readMessage(image as Buffer).get(4)![0]!];
  return [tag, String(readMessage(tensor as Buffer).get(8)![0])];
}

import { crc32, deflateRawSync } from "node:zlib";

/** A zip archive with right sizes and checksums, stored or compressed. */
export function zipBytes(files: Readonly<Record<string, Uint8Array>>, isCompressed: boolean): Uint8Array {
  const [locals, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const path = Buffer.from(name);
    const data = isCompressed ? deflateRawSync(bytes) : Buffer.from(bytes);
    const common = Buffer.alloc(26); // version, flags, method, time, date, checksum, sizes, lengths
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(isCompressed ? 8 : 0, 4);
    common.writeUInt16LE(0x21, 8); // the first of January 1980
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const record = Buffer.alloc(14); // comment's length, disk, attributes, offset
    record.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, record, path);
    locals.push(Buffer.from("PK\x03\x04", "latin1"), common, path, data);
    offset += 30 + path.length + data.length;
  }
  const records = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(records.length, 8);
  end.writeUInt32LE(offset, 12);
  return new Uint8Array(Buffer.concat([...locals, records, Buffer.from("PK\x05\x06", "latin1"), end]));
}

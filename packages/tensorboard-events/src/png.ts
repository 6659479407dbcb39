import { crc32, deflateSync } from "node:zlib";
import { having, requireArguments } from "known-options";

/** An image of 8 bits per channel, rows from the top, channels interleaved. */
export interface Pixels {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Number of channels: 1 for gray, 3 for RGB, 4 for RGBA. */
  readonly channels: 1 | 3 | 4;
  /** Values `[height, width, channels]`, 0…255. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * Encodes an image as PNG.
 *
 * @throws TypeError if `pixels` is not an image. RangeError if the data does not have the image's size.
 * @see https://www.w3.org/TR/png-3/
 */
export function encodePng(pixels: Pixels): Uint8Array {
  requireArguments(
    "encodePng",
    { pixels },
    { pixels: having("{ width, height, channels, data }", ({ data }) => ArrayBuffer.isView(data)) },
  );
  const { width, height, channels, data } = pixels;
  const row = width * channels;
  if (!(width > 0 && height > 0 && data.length === height * row)) {
    const expected = `height × width × channels = ${height} × ${width} × ${channels} bytes`;
    throw new RangeError(`encodePng: a picture must hold ${expected}, got ${data.length}`);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOR_TYPE[channels]], 8); // bits per channel; deflate, no interlacing: zeros
  const filtered = new Uint8Array(height * (1 + row)); // each row after a 0: no filter
  for (let y = 0; y < height; y++) filtered.set(data.subarray(y * row, (y + 1) * row), y * (1 + row) + 1);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(filtered)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

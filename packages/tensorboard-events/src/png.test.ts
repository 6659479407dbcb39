import { crc32, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodePng } from "./index.ts";

/** The chunks of a PNG file, checksums compared. */
function chunks(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const found = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    found.set(named.toString("latin1", 0, 4), named.subarray(4));
    at += 12 + length;
  }
  return found;
}

test.each([
  [1, 0],
  [3, 2],
  [4, 6],
] as const)("a picture of %d channels holds its rows, each unfiltered", (channels, colorType) => {
  const [width, height] = [3, 2];
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256);
  const parts = chunks(Buffer.from(encodePng({ width, height, channels, data })));
  expect([...parts.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  expect([...parts.get("IHDR")!]).toEqual([0, 0, 0, width, 0, 0, 0, height, 8, colorType, 0, 0, 0]);
  const row = width * channels;
  expect([...inflateSync(parts.get("IDAT")!)]).toEqual([
    ...[0, ...data.subarray(0, row)],
    ...[0, ...data.subarray(row)],
  ]);
});

test("pixels that do not fill the picture are refused", () => {
  expect(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) })).toThrow(
    "encodePng: a picture must hold height × width × channels = 2 × 2 × 3 bytes, got 11",
  );
  expect(() => encodePng({ width: 0, height: 2, channels: 3, data: new Uint8Array(0) })).toThrow("got 0");
});

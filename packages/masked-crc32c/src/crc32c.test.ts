import { expect, test } from "vitest";
import { crc32c, masked } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("crc32c has the known answers", () => {
  expect(crc32c(bytes("123456789"))).toBe(0xe3069283); // the CRC catalogue's check value
  // RFC 3720, B.4
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test("crc32c of bytes in pieces is that of the whole", () => {
  expect(crc32c(bytes("6789"), crc32c(bytes("12345")))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test("masked rotates by 15 bits and adds LevelDB's constant", () => {
  expect(masked(0)).toBe(0xa282ead8);
  expect(masked(0x00018000)).toBe(0xa282eadb); // bits 15 and 16 become bits 0 and 1
});

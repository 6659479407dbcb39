import { openZip } from "../../../packages/named-weights/src/formats/zip.ts";
import { bytesSource } from "../../../packages/safetensors-io/src/index.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";
import { zipBytes } from "../zip-bytes.ts";

/** Zip archives by themselves: members read whole, in pieces and backwards. */
export const zip: Format = {
  name: "zip",
  reader: "`openZip` of named-weights",
  async prepare() {
    const bytes = Uint8Array.from({ length: 2000 }, (_, i) => (i * i) >> 4);
    const files = {
      "a.txt": new TextEncoder().encode("text ".repeat(50)),
      "folder/b": bytes,
      c: bytes.slice(0, 9),
    };
    return {
      layers: [
        wholeFile(zipBytes(files, false), true, "stored"),
        wholeFile(zipBytes(files, true), true, "compressed"),
      ],
      named: /archive\.zip/,
      async read(file) {
        const parts: string[] = [];
        for (const [path, member] of await openZip(bytesSource(file, "archive.zip"))) {
          const half = member.size >> 1;
          const end = await member.read(half, member.size - half);
          const start = await member.read(0, half);
          const whole = await member.read(0, member.size);
          parts.push(`${path} ${digest(start, end)} ${digest(whole)}`);
        }
        return parts.sort().join("; ");
      },
    };
  },
};

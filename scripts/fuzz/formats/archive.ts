import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openImages } from "image-source/node";
import { encodePng } from "../../../packages/tensorboard-events/src/index.ts";
import { type Format, type Layer, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

const BLOCK = 512;

/** Archives of pictures: the gzip stream, the tar in it, and a header of the tar with its checksum set right. */
export const archive: Format = {
  name: "archive",
  reader: "`openImages`",
  async prepare(folder) {
    const names = ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"];
    const entries = names.map((name, i) => entry(`photos/${name}`, picture(i)));
    const tar = (list: readonly Buffer[]) => Buffer.concat([...list, Buffer.alloc(2 * BLOCK)]);
    const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
    const header: Layer = {
      ...{ name: "tar header", bytes: new Uint8Array(entries[1]!.subarray(0, BLOCK)), isGuarded: false },
      wrap(bytes) {
        const changed = Buffer.alloc(BLOCK);
        changed.set(bytes.subarray(0, BLOCK));
        const rest = Buffer.concat([withChecksum(changed), entries[1]!.subarray(BLOCK)]);
        return packed(tar([entries[0]!, rest, ...entries.slice(2)]));
      },
    };
    const path = join(folder, "photos.tgz");
    return {
      layers: [
        wholeFile(packed(tar(entries)), true, "gzip"),
        { name: "tar", bytes: new Uint8Array(tar(entries)), isGuarded: false, wrap: packed },
        header,
      ],
      named: /photos\.tgz/,
      async read(bytes) {
        writeFileSync(path, bytes);
        const { classNames, keys, labels, bytes: data } = await openImages(path);
        return digest(JSON.stringify([classNames, keys, [...labels]]), new Uint8Array(data));
      },
    };
  },
};

function picture(shade: number): Uint8Array {
  return encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(50 * shade) });
}

function entry(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("0", 156);
  header.write("ustar\x0000", 257, "latin1");
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([withChecksum(header), content, padding]);
}

/** The sum of all bytes, those of the checksum counted as spaces, in octal. */
function withChecksum(header: Buffer): Buffer {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

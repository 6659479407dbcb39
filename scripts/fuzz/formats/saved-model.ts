import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32c, masked } from "../../../packages/masked-crc32c/src/index.ts";
import { openSavedModelZip } from "../../../packages/named-weights/src/formats/saved-model.ts";
import { Cursor } from "../../../packages/named-weights/src/formats/tensor-bundle/protobuf-reader.ts";
import { openZip } from "../../../packages/named-weights/src/formats/zip.ts";
import { bytesSource } from "../../../packages/safetensors-io/src/index.ts";
import { root } from "../../packages.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";
import { zipBytes } from "../zip-bytes.ts";

const INDEX = "m/variables/variables.index";
const DATA = "m/variables/variables.data-00000-of-00001";
const FOOTER = 48;

/** TensorFlow's SavedModel in a zip: the zip, the table and the numbers in it, a block of the table with its CRC set right. */
export const savedModel: Format = {
  name: "savedmodel",
  reader: "`openSavedModelZip`",
  async prepare() {
    const zip = readFileSync(join(root, "packages/bit-teacher/fixtures/teacher.zip"));
    const members = await openZip(bytesSource(zip, "teacher.zip"));
    const whole = async (path: string) => {
      const member = members.get(path.replace("m/", "bit_teacher/"))!;
      return (await member.read(0, member.size)).slice();
    };
    const files = { [INDEX]: await whole(INDEX), [DATA]: await whole(DATA) };
    const index = files[INDEX]!;
    const filters = new Cursor(index, index.length - FOOTER).varint();
    const block = filters - 5; // the table's pairs, before the block of filters: one byte and a CRC follow them
    return {
      layers: [
        wholeFile(zipBytes(files, false), true, "zip"),
        {
          ...{ name: "table", bytes: index, isGuarded: true },
          wrap: (bytes) => zipBytes({ ...files, [INDEX]: bytes }, false),
        },
        {
          ...{ name: "block of the table", bytes: index.slice(0, block), isGuarded: false },
          wrap(bytes) {
            const crc = Buffer.alloc(5);
            crc.writeUInt32LE(masked(crc32c(Uint8Array.of(...bytes, 0))), 1);
            const size = Buffer.concat([
              bytes.subarray(0, block),
              Buffer.alloc(Math.max(0, block - bytes.length)),
            ]);
            const kept = bytes.length === block ? bytes : size; // its place in the index stays true
            crc.writeUInt32LE(masked(crc32c(Uint8Array.of(...kept, 0))), 1);
            const table = Buffer.concat([kept, crc, index.subarray(filters)]);
            return zipBytes({ ...files, [INDEX]: table }, false);
          },
        },
        {
          ...{ name: "numbers", bytes: files[DATA]!, isGuarded: true },
          wrap: (bytes) => zipBytes({ ...files, [DATA]: bytes }, true),
        },
      ],
      named: /teacher\.zip/,
      async read(file) {
        const opened = await openSavedModelZip(bytesSource(file, "teacher.zip"));
        try {
          const parts: string[] = [];
          for (const { name, shape } of opened.tensors.values())
            parts.push(`${name} ${shape} ${digest((await opened.read(name)) as Float32Array)}`);
          return digest(parts.sort().join("; "));
        } finally {
          await opened.close?.();
        }
      },
    };
  },
};

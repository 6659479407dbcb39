import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSharded } from "../../../packages/named-weights/src/formats/sharded.ts";
import { bytesSource } from "../../../packages/safetensors-io/src/index.ts";
import { root } from "../../packages.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

const INDEX = "model.safetensors.index.json";
const FIRST = "model-00001-of-00002.safetensors";

/** The index of a checkpoint in several files, and the first of them. */
export const shards: Format = {
  name: "shards",
  reader: "`openSharded`",
  async prepare() {
    const fixture = (name: string) => {
      if (!/^(model-0000\d-of-00002\.safetensors|model\.safetensors\.index\.json)$/.test(name))
        throw new RangeError(`index: there is no file ${JSON.stringify(name.slice(0, 60))}`);
      return new Uint8Array(readFileSync(join(root, "packages/named-weights/fixtures/sharded", name)));
    };
    return {
      layers: [wholeFile(fixture(INDEX), false, "index"), wholeFile(fixture(FIRST), false, "first file")],
      named: /index|model-0000/,
      async read(bytes, { name }) {
        const file = await openSharded({
          index: bytesSource(name === "index" ? bytes : fixture(INDEX), "index"),
          shard: async (shard) => {
            const own = name === "first file" && shard === FIRST;
            const original = fixture(shard);
            return bytesSource(own ? bytes : original, shard);
          },
        });
        const parts: string[] = [];
        for (const tensor of file.tensors.values())
          parts.push(
            `${tensor.name} ${tensor.shape} ${digest((await file.read(tensor.name)) as Float32Array)}`,
          );
        return digest(parts.sort().join("; "));
      },
    };
  },
};

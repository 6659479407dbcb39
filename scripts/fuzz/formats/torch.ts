import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTorchCheckpoint } from "../../../packages/named-weights/src/formats/torch/open-torch-checkpoint.ts";
import { zipMembers } from "../../../packages/named-weights/src/formats/zip.ts";
import { bytesSource } from "../../../packages/safetensors-io/src/index.ts";
import { root } from "../../packages.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";
import { zipBytes } from "../zip-bytes.ts";

/** PyTorch's checkpoints: the zip, and the pickle in it with a right checksum. */
export const torch: Format = {
  name: "torch",
  reader: "`openTorchCheckpoint`",
  async prepare() {
    const fixture = (name: string) =>
      new Uint8Array(readFileSync(join(root, `packages/named-weights/fixtures/torch-${name}.pth`)));
    const pickled = async (name: string) => {
      const files: Record<string, Uint8Array> = {};
      for (const [path, member] of await zipMembers(bytesSource(fixture(name)), "balanced"))
        files[path] = (await member.read(0, member.size)).slice();
      const path = Object.keys(files).find((one) => one.endsWith("/data.pkl"))!;
      return {
        ...{ name: `pickle of ${name}`, bytes: files[path]!, isGuarded: false },
        wrap: (bytes: Uint8Array) => zipBytes({ ...files, [path]: bytes }, false),
      };
    };
    return {
      layers: [
        wholeFile(fixture("deit"), true, "state dict"),
        wholeFile(fixture("strided"), true, "strides"),
        ...(await Promise.all(["types", "training", "strided"].map(pickled))),
      ],
      named: /weights\.pth/,
      async read(bytes) {
        const file = await openTorchCheckpoint(bytesSource(bytes, "weights.pth"));
        try {
          const parts: string[] = [];
          for (const { name, shape } of file.tensors.values())
            parts.push(`${name} ${shape} ${digest((await file.read(name)) as Float32Array)}`);
          return digest(parts.sort().join("; "));
        } finally {
          await file.close();
        }
      },
    };
  },
};

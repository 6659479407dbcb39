import {
  bytesSource,
  openSafetensors,
  safetensorsBytes,
} from "../../../packages/safetensors-io/src/index.ts";
import { type Format, type Layer, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

/** safetensors: no checksum; the header's length is set right around a changed header. */
export const safetensors: Format = {
  name: "safetensors",
  reader: "`openSafetensors`",
  async prepare() {
    const numbers = Float32Array.from({ length: 12 }, (_, i) => i - 5.5);
    const file = await safetensorsBytes(
      [
        { name: "a.weight", shape: [3, 4], data: numbers },
        { name: "a.bias", shape: [4], dtype: "F16", data: numbers.slice(0, 4) },
        { name: "é", shape: [2, 1, 2], dtype: "BF16", data: numbers.slice(4, 8) },
        { name: "none", shape: [0], data: new Float32Array(0) },
      ],
      { metadata: { format: "pt", note: 'a "quoted" \\ word' } },
    );
    return {
      layers: [wholeFile(file, false), headerOf(file)],
      named: /model\.safetensors/,
      async read(bytes) {
        const { metadata, tensors, read } = await openSafetensors(bytesSource(bytes, "model.safetensors"));
        const parts = [JSON.stringify([...metadata])];
        for (const { name, dtype, shape } of tensors.values())
          parts.push(`${name} ${dtype} ${shape} ${digest(await read(name))}`);
        return digest(...parts);
      },
    };
  },
};

function headerOf(file: Uint8Array): Layer {
  const end = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  return {
    ...{ name: "header", bytes: file.slice(8, end), isGuarded: false },
    wrap(header) {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return new Uint8Array(Buffer.concat([length, header, file.subarray(end)]));
    },
  };
}

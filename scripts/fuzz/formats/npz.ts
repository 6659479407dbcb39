import { openNpz } from "../../../packages/named-weights/src/formats/npz.ts";
import { bytesSource } from "../../../packages/safetensors-io/src/index.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";
import { zipBytes } from "../zip-bytes.ts";

/** NumPy's .npz, stored and compressed; arrays are changed in it with right checksums. */
export const npz: Format = {
  name: "npz",
  reader: "`openNpz`",
  async prepare() {
    const files = { "a/kernel.npy": npy([3, 4]), "a/bias.npy": npy([4]), "scalar.npy": npy([]) };
    const array = (name: keyof typeof files) => ({
      ...{ name, bytes: files[name], isGuarded: false },
      wrap: (bytes: Uint8Array) => zipBytes({ ...files, [name]: bytes }, true),
    });
    return {
      layers: [
        wholeFile(zipBytes(files, false), true, "stored"),
        wholeFile(zipBytes(files, true), true, "compressed"),
        array("a/kernel.npy"),
        array("scalar.npy"),
      ],
      named: /weights\.npz/,
      async read(bytes) {
        const file = await openNpz(bytesSource(bytes, "weights.npz"));
        const parts: string[] = [];
        for (const { name, shape } of file.tensors.values())
          parts.push(`${name} ${shape} ${digest((await file.read(name)) as Float32Array)}`);
        return parts.sort().join("; ");
      },
    };
  },
};

function npy(shape: readonly number[]): Uint8Array {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sides}), }`.padEnd(117);
  const size = shape.reduce((product, side) => product * side, 1);
  const numbers = Float32Array.from({ length: size }, (_, i) => i + 0.5);
  const start = Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1");
  return new Uint8Array(Buffer.concat([start, Buffer.from(`${text}\n`), new Uint8Array(numbers.buffer)]));
}

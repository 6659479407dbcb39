import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBlock } from "../../../packages/distill-trainer/src/node/logit-store/blocks.ts";
import { logitStore } from "../../../packages/distill-trainer/src/node/logit-store/logit-store.ts";
import { type Format, type Layer, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

const KEYS = BigUint64Array.of(1n, 2n, 3n, 4n, 5n);
const OPTIONS = { classes: 3, teacher: "teacher", views: "views" };

/** A teacher's stored logits: the file, and each kind of block with its length and CRC set right. */
export const logits: Format = {
  name: "logits",
  reader: "`logitStore`",
  async prepare(folder) {
    const made = join(folder, "made");
    const writer = logitStore(made, OPTIONS);
    await writer.add(KEYS.slice(0, 2), rows(0, 2));
    await writer.add(KEYS.slice(2), rows(2, 5));
    writer.close();
    const file = new Uint8Array(readFileSync(join(made, readdirSync(made)[0]!)));
    const bounds = boundsOf(file);
    return {
      layers: [wholeFile(file, true), ...bounds.map((_, i) => blockOf(file, bounds, i))],
      named: /logitStore|logits/,
      async read(bytes, { isGuarded }) {
        const opened = join(folder, "opened");
        rmSync(opened, { recursive: true, force: true });
        mkdirSync(opened);
        writeFileSync(join(opened, "writer.logits"), bytes);
        const told: string[] = [];
        const store = logitStore(opened, {
          ...OPTIONS,
          onEvent: ({ name, reason }) => told.push(`${name}: ${reason}`),
        });
        try {
          const found = await store.find(KEYS);
          const isRight = found.every(
            (row, i) => row === undefined || digest(row) === digest(rows(i, i + 1)),
          );
          if (isRight && found.every((row) => row !== undefined)) return "all rows"; // others may be there too
          if (isRight && told.length > 0) throw new Error(`logits: ${told.join("; ")}`); // those left out are computed again
          if (isRight && isGuarded && isWholeBlocks(file, bytes, bounds)) return "all rows";
          return found.map((row) => `${row}`).join("; ");
        } finally {
          store.close();
        }
      },
    };
  },
};

function rows(from: number, to: number): Float32Array {
  return Float32Array.from({ length: 3 * (to - from) }, (_, i) => 3 * from + i + 0.25);
}

/** Bounds of each block. */
function boundsOf(file: Uint8Array): readonly (readonly [number, number])[] {
  const view = new DataView(file.buffer);
  const bounds: [number, number][] = [];
  for (let at = 0; at < file.length; at = bounds.at(-1)![1])
    bounds.push([at, at + 8 + view.getUint32(at, true)]);
  return bounds;
}

function blockOf(file: Uint8Array, bounds: readonly (readonly [number, number])[], i: number): Layer {
  const [from, to] = bounds[i]!;
  return {
    ...{ name: i === 0 ? "header" : "rows", bytes: file.slice(from + 8, to), isGuarded: false },
    wrap: (bytes) =>
      new Uint8Array(Buffer.concat([file.subarray(0, from), encodeBlock(bytes), file.subarray(to)])),
  };
}

/** Cut between two blocks, a file is as its writer left it earlier. */
function isWholeBlocks(
  file: Uint8Array,
  bytes: Uint8Array,
  bounds: readonly (readonly [number, number])[],
): boolean {
  const left = Buffer.from(bytes);
  return left.length === 0 || bounds.some(([, end]) => left.equals(file.subarray(0, end)));
}

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import { elements } from "safetensors-io";
import type { WeightGroup } from "./model-json.ts";

/** Bytes of one number, by tfjs' types and those of its quantization. */
const BYTES: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, bool: 1, complex64: 8 },
  ...{ float16: 2, uint16: 2, uint8: 1 },
};

/** A weight file that is absent or damaged. */
export class WeightFileError extends Error {}

/** SHA-256 of a file's bytes, in hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Reads a group's weight files, in their order.
 *
 * @param file - `model.json`, which lies beside them.
 * @returns The group's bytes.
 * @throws WeightFileError that names the file if one is absent, is longer or shorter than its weights, or has another SHA-256 than
 * the manifest says.
 */
export async function readGroup(file: string, { paths, weights, sha256 }: WeightGroup): Promise<Uint8Array> {
  const shards = await Promise.all(paths.map((path) => readShard(join(dirname(file), path))));
  const data = Buffer.concat(shards);
  const expected = bytesOf(file, weights);
  if (expected !== undefined && data.length !== expected) {
    throw new WeightFileError(
      `${file}: its weight files (${paths.join(", ")}) must hold ${expected} bytes, got ${data.length}`,
    );
  }
  for (const [i, digest] of sha256?.entries() ?? []) {
    const found = sha256Of(shards[i] ?? new Uint8Array());
    if (found === digest) continue;
    throw new WeightFileError(
      `${join(dirname(file), paths[i] ?? "")}: expected the bytes that were saved (SHA-256 ${digest.slice(0, 12)}…), ` +
        `got others (${found.slice(0, 12)}…): it is damaged, or of another model`,
    );
  }
  return data;
}

async function readShard(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WeightFileError(`${path}: a weight file that model.json names could not be read`, { cause });
  }
}

/** Bytes of weights; `undefined` with strings, whose lengths the files tell. */
function bytesOf(file: string, weights: readonly tf.io.WeightsManifestEntry[]): number | undefined {
  if (weights.some(({ dtype }) => dtype === "string")) return undefined;
  let sum = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    const size = BYTES[quantization?.dtype ?? dtype];
    if (size === undefined) {
      throw new Error(
        `${file}: expected '${name}' to be one of ${Object.keys(BYTES).join(", ")}, got ${quantization?.dtype ?? dtype}`,
      );
    }
    sum += elements(shape) * size;
  }
  return sum;
}

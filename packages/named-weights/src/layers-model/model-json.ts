import { stat } from "node:fs/promises";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";

/** One group of `weightsManifest`; `sha256` of each file is `saveModel`'s, and other readers pass over it. */
export interface WeightGroup {
  readonly paths: string[];
  readonly weights: tf.io.WeightsManifestEntry[];
  readonly sha256?: readonly string[];
}

/** A `model.json` whose manifest has been checked. */
export interface CheckedModelJson extends tf.io.ModelJSON {
  readonly weightsManifest: WeightGroup[];
}

/** Path of `model.json`: the path itself, or inside if it is a folder. */
export async function modelJsonPath(path: string): Promise<string> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? join(path, "model.json") : path;
}

/**
 * Parses and checks a `model.json` of tfjs, with or without a byte order mark.
 *
 * @param file - Its path, for the error.
 * @throws Error that names the file and the part that does not fit.
 */
export function parseModelJson(file: string, text: string): CheckedModelJson {
  try {
    const json = JSON.parse(text.replace(/^\uFEFF/, "")) as Partial<CheckedModelJson> | null;
    if (typeof json?.modelTopology !== "object" || json.modelTopology === null)
      throw new Error("it has no modelTopology");
    requireManifest(json.weightsManifest);
    return json as CheckedModelJson;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Error(`${file}: expected a tfjs layers model, got something else (${why})`, { cause });
  }
}

function requireManifest(manifest: unknown): void {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null;
  const isText = (value: unknown): boolean => typeof value === "string";
  const expect = (what: string, place: string, fits: boolean): void => {
    if (!fits) throw new Error(`${place} must be ${what}`);
  };
  expect("an array", "weightsManifest", Array.isArray(manifest));
  for (const [i, group] of (manifest as unknown[]).entries()) {
    const at = `weightsManifest.${i}`;
    expect("an object", at, isObject(group));
    const { paths, weights, sha256 } = group as Record<string, unknown>;
    expect("an array of strings", `${at}.paths`, Array.isArray(paths) && paths.every(isText));
    if (sha256 !== undefined)
      expect("an array of strings", `${at}.sha256`, Array.isArray(sha256) && sha256.every(isText));
    expect("an array", `${at}.weights`, Array.isArray(weights));
    for (const [j, weight] of (weights as unknown[]).entries()) {
      const place = `${at}.weights.${j}`;
      expect("an object", place, isObject(weight));
      const { name, shape, dtype, quantization } = weight as Record<string, unknown>;
      expect("a string", `${place}.name`, isText(name));
      expect("a string", `${place}.dtype`, isText(dtype));
      const isSide = (side: unknown): boolean => Number.isSafeInteger(side) && Number(side) >= 0;
      expect("an array of integers >= 0", `${place}.shape`, Array.isArray(shape) && shape.every(isSide));
      if (quantization !== undefined) expect("an object", `${place}.quantization`, isObject(quantization));
    }
  }
}

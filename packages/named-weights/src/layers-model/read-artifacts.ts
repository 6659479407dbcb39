import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import { type CheckedModelJson, parseModelJson } from "./model-json.ts";
import { readGroup, WeightFileError } from "./weight-files.ts";

/** Readings of a folder before it counts as damaged. */
const ATTEMPTS = 3;

/**
 * Reads a `model.json` and its weight files. If the model is replaced meanwhile, it is read again.
 *
 * @param check - Refuses a `model.json` before its weights are read.
 * @throws Error that names the file that is absent, damaged or of another kind.
 */
export async function readArtifacts(
  file: string,
  check: (json: CheckedModelJson) => void = () => {},
): Promise<tf.io.ModelArtifacts> {
  let text = await readText(file);
  for (let attempt = 1; ; attempt++) {
    const json = parseModelJson(file, text);
    check(json);
    try {
      return await tf.io.getModelArtifactsForJSON(json, async () => {
        const groups = await Promise.all(json.weightsManifest.map((group) => readGroup(file, group)));
        const data = Uint8Array.from(Buffer.concat(groups)); // a buffer of its own
        return [json.weightsManifest.flatMap(({ weights }) => weights), data.buffer];
      });
    } catch (error) {
      const now = error instanceof WeightFileError && attempt < ATTEMPTS ? await readText(file) : text;
      if (now === text) throw error;
      text = now;
    }
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(`${file}: expected a tfjs layers model (model.json), could not read it`, { cause });
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";

/** Notes a temperature in a saved model's metadata. Its weights are not touched. */
export async function noteTemperature(folder: string, temperature: number): Promise<void> {
  const file = join(folder, "model.json");
  const json = parseJson(await readFile(file, "utf8")) as { userDefinedMetadata?: object };
  const userDefinedMetadata = { ...json.userDefinedMetadata, temperature };
  await writeAtomically(file, JSON.stringify({ ...json, userDefinedMetadata }));
}

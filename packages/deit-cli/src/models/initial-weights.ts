import type * as tfl from "@tensorflow/tfjs-layers";
import { type VitConfig, vit } from "deit-model";
import { loadWeightsFile } from "deit-model/node";

type Report = Awaited<ReturnType<typeof loadWeightsFile>>;

/** Tensors that a line names. */
const NAMED = 5;

/**
 * Loads published weights into a student, except its heads. Positions are interpolated to its grid; tensors beside the network (a
 * pooler, the head of another task) are left out.
 *
 * @throws Error or RangeError naming the file if it is not for this model, and the tensors that only one of the two has.
 */
export function loadInitialWeights(model: tfl.LayersModel, path: string): Promise<Report> {
  return loadWeightsFile(model, path, { adapt: ["classes", "distillation", "positions", "extra"] });
}

/**
 * Checks that a weights file fits a student, by loading it into a temporary model, before anything is trained.
 *
 * @returns One line for people: the tensors that are used, interpolated, missing in the file or left out.
 */
export async function requireInitialWeights(config: VitConfig, path: string): Promise<string> {
  const model = vit(config);
  try {
    const { used, interpolated, kept, skipped } = await loadInitialWeights(model, path);
    const moved = interpolated.length === 0 ? "" : "; positions are interpolated";
    return `weights: ${used.length} tensors of ${path}${moved}${listed("the student's own", kept)}${listed("left out", skipped)}`;
  } finally {
    model.dispose();
  }
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `; ${what}: ${names.slice(0, NAMED).join(", ")}${more}`;
}

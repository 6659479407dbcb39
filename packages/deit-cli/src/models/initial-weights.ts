import type * as tfl from "@tensorflow/tfjs-layers";
import { type VitConfig, vit } from "deit-model";
import { loadWeightsFile } from "deit-model/node";

type Report = Awaited<ReturnType<typeof loadWeightsFile>>;

/** Tensors that a line names. */
const NAMED = 5;

/**
 * Loads published weights into a student, whose heads stay its own; positions are interpolated where its grid is another one, and
 * tensors beside the network (a pooler, the head of another task) are left out.
 *
 * @throws Error or RangeError naming the file if it is not for this model, and the tensors that one has and the other has not.
 */
export function loadInitialWeights(model: tfl.LayersModel, path: string): Promise<Report> {
  return loadWeightsFile(model, path, { adapt: ["classes", "distillation", "positions", "extra"] });
}

/**
 * The same for a model that is thrown away: so that a file that does not fit is refused before anything is trained.
 *
 * @returns One line for people: how much of the file the student starts from, and what it does not.
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

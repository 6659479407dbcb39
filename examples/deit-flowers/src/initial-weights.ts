import type * as tfl from "@tensorflow/tfjs-layers";
import { type VitConfig, vit } from "deit-model";
import { loadWeightsFile } from "deit-model/node";

/**
 * Loads published weights into a student, whose heads stay its own; positions are interpolated where its grid is another one.
 *
 * @throws Error or RangeError naming the file if it is not for this model, and the tensors that one has and the other has not.
 */
export async function loadInitialWeights(model: tfl.LayersModel, path: string): Promise<void> {
  await loadWeightsFile(model, path, { adapt: ["classes", "distillation", "positions"] });
}

/** The same for a model that is thrown away: so that a file that does not fit is refused before anything is trained. */
export async function requireInitialWeights(config: VitConfig, path: string): Promise<void> {
  const model = vit(config);
  try {
    await loadInitialWeights(model, path);
  } finally {
    model.dispose();
  }
}

// Whole models in a folder, as tfjs' layers format.

export { loadModel } from "./layers-model/load-model.ts";
export { modelFolder } from "./layers-model/model-folder.ts";
export {
  type SaveArtifactsOptions,
  type SaveModelOptions,
  saveArtifacts,
  saveModel,
} from "./layers-model/save-model.ts";

// Weights.

export { openWeightsFile } from "./weights-file.ts";

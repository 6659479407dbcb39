export { loadWeightsFile, saveWeightsFile } from "./weights-file.ts";

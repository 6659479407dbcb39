export { loadWeightsFile, saveWeightsFile } from "./weights/weights-file.ts";

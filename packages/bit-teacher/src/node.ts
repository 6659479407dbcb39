export { loadWeightsFile } from "./weights-file.ts";

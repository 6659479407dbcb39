export { openWeightsFile } from "./weights-file.ts";

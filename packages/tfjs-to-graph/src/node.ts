export { type SaveGraphModelOptions, saveGraphModel } from "./save-graph-model.ts";

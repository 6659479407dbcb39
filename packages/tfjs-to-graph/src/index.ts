export { type ToGraphModelOptions, toGraphModel } from "./to-graph-model.ts";

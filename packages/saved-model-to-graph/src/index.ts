export {
  type SavedModelFiles,
  type SavedModelToGraphOptions,
  savedModelToGraph,
} from "./saved-model-to-graph.ts";

export { loadSavedModel } from "./node/load-saved-model.ts";

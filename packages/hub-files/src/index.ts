// Names.

export { type HubName, hubName } from "./hub-name.ts";

// One file, or all that a model needs.

export type { Environment } from "./environment.ts";
export { cachedHubFile, hubFile } from "./hub-file.ts";
export { cachedHubWeights, type HubFolderOptions, hubFolder, hubWeights } from "./hub-folder.ts";
export type { HubOptions, HubProgress } from "./options.ts";
export type { HubWeights } from "./weights.ts";

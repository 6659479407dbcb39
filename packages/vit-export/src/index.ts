// Files.

export { exportFiles } from "./export-files.ts";
export { type ExportFormat, type ExportOptions, FORMATS } from "./export-options.ts";
export type { Exported, ExportedFile } from "./exported.ts";

// Model card.

export type { CardAccuracy, CardFacts } from "./card/card-facts.ts";
export { modelCard } from "./card/model-card.ts";

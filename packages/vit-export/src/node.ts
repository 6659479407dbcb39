export { type ExportModelOptions, exportModel } from "./node/export-model.ts";
export { requireExportFolder, writeExport } from "./node/write-export.ts";

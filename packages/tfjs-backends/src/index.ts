export { type StartOptions, startBackend } from "./start-backend.ts";
export type { BackendChoice, StartedBackend } from "./started-backend.ts";
export type { WasmFiles, WasmPaths } from "./wasm/wasm-files.ts";

export { startBackend } from "./start-backend.ts";
export type { BackendChoice, StartedBackend } from "./started-backend.ts";

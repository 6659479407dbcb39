export { type BrowserStorage, browserStorage } from "./browser/browser-storage.ts";
export { indexedDbStorage } from "./browser/indexed-db-storage.ts";
export { StorageLockedError } from "./browser/lock-storage.ts";
export { opfsStorage } from "./browser/opfs-storage.ts";
export { serveReplicaWorker } from "./browser/workers/serve-replica-worker.ts";

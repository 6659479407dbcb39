export { folderStorage } from "./node/folder-storage.ts";
export { jsonLines } from "./node/json-lines.ts";
export { FolderLockedError, isLockFile, lockFolder, type Unlock } from "./node/lock-folder.ts";
export type { LogCallback, LogOptions } from "./node/log-callback.ts";
export { type NamedPixels, type TensorBoardOptions, tensorBoard } from "./node/tensor-board.ts";

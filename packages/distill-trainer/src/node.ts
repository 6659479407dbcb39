export { folderStorage } from "./node/folder-storage.ts";

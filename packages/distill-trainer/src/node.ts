export {
  type FolderLogitStore,
  type LogitStoreEvent,
  type LogitStoreOptions,
  logitStore,
} from "./node/logit-store/logit-store.ts";

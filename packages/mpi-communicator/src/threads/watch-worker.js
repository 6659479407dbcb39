// In this repository only: stands where the build puts the thread's file.
import { importSource } from "test-kit/import-source";

await importSource(new URL("./watch-worker.ts", import.meta.url));

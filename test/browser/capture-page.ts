// The page: captures a training step, and posts what came of it to the server that it came from.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { capture } from "./capture.ts";

setWasmPaths("/wasm/");
const result = await capture().catch((error: unknown) => ({
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
}));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });

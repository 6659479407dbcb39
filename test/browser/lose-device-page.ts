// The page: loses its GPU device, and posts what came of it to the server that it came from.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { loseDevice } from "./lose-device.ts";

setWasmPaths("/wasm/");
const result = await loseDevice().catch((error: unknown) => ({
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
}));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });

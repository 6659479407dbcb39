// The page: runs the program and posts what it returns, or why it failed, to the server that it came from.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { train } from "./train.ts";

setWasmPaths("/wasm/");
// tfjs starts a thread for every two cores: two here, and not one on a machine of two cores.
Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 });

const result = await train().catch((error: unknown) => ({
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
}));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });

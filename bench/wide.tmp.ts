import { config } from "deit-model"; import { startBackend } from "tfjs-backends"; import { installWasmKernels } from "wasm-kernels"; import { deitStep } from "./wasm/deit-step.ts";
import * as tf from "@tensorflow/tfjs-core";
const b = await startBackend("wasm"); console.log(b.detail); installWasmKernels().uninstall();
for (const [name,cfg] of [["tiny",config.deitTiny],["keras192",config.keras]] as const) {
const step = deitStep(cfg, 8);
const best: Record<string, number[]> = { on: [], off: [] };
for (let i = 0; i < 4; i++) for (const wide of ["on","off"] as const) { const k = installWasmKernels({ wide }); const t = performance.now(); step.forwardBackward(); if (i) best[wide]!.push(performance.now()-t); k.uninstall(); }
console.log(name, Object.entries(best).map(([k,v]) => `${k} ${(8e3/Math.min(...v)).toFixed(2)} images/s`).join("  "));
step.dispose(); }

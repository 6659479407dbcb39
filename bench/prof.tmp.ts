import { config } from "deit-model"; import { startBackend } from "tfjs-backends"; import { installWasmKernels } from "wasm-kernels"; import { deitStep } from "./wasm/deit-step.ts"; import { profile } from "./wasm/profile.ts";
await startBackend("wasm"); installWasmKernels().uninstall();
const step = deitStep(config.deitTiny, 8);
const r: any = {};
for (const wide of ["on","off"] as const) { const k = installWasmKernels({ wide }); r[wide] = profile("", 8, () => step.forwardBackward(), 7); k.uninstall(); }
console.log("total", r.on.totalMs.toFixed(0), r.off.totalMs.toFixed(0), "kernels", r.on.kernels.reduce((s:number,k:any)=>s+k.ms,0).toFixed(0));
for (const k of r.on.kernels.slice(0,22)) { const o = r.off.kernels.find((x:any)=>x.name===k.name); console.log(k.name.padEnd(22), k.calls, k.ms.toFixed(1), "off", o.ms.toFixed(1), k.gigaflops? (k.gigaflops/k.ms*1e3).toFixed(0)+" GF/s":"", (k.gigabytes/k.ms*1e3).toFixed(1)+" GB/s"); }

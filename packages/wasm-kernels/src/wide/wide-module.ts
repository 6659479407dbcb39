import { base64 as wide } from "../modules/wide.generated.ts";
import { type CFunctions, compiled, decode } from "../side-module.ts";
import { canSetFlags, underFlags } from "./flags.ts";
import { speedOfWideTile } from "./probe.ts";
import { SAMPLE_PAGES, sampleResults } from "./samples.ts";

/** The module of wide tiles, or why there is none. */
export type WideModule =
  | { readonly module: WebAssembly.Module; readonly why?: undefined }
  | { readonly module?: undefined; readonly why: string };

/** Key under which the main thread passes the module to the worker threads that it starts. */
const ENVIRONMENT_KEY = "wasm-kernels/wide";
/** Set to `off`, it has the same effect as `wide: "off"`. */
const VARIABLE = "WASM_KERNELS_WIDE";
/** Versions of V8 whose pass was tried: Node 24 has 13.6, Node 26 has 14.6. */
const TRIED_V8 = /^1[34]\./;
/** How much faster the wide tile must be; it is about twice as fast where it is merged at all. */
const LEAST_SPEEDUP = 1.2;

/** Compiled at once and by the optimizing compiler: it alone merges, and the flag must be on when it runs. */
const MERGING = {
  "experimental-wasm-revectorize": true,
  liftoff: false,
  "wasm-lazy-compilation": false,
  "wasm-tier-up": false,
  "wasm-inlining": false, // inlines by feedback that no baseline code has gathered: V8 14.6 aborts
} as const;

type Compile = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;

let known: WideModule | undefined;

/**
 * The build of 256-bit register tiles, compiled under V8's experimental pass that merges pairs of 128-bit operations,
 * once a process and on its main thread: worker threads that start later take that module.
 *
 * It is used only where the pass proves itself: the wide tile must be faster than the narrow one, and every kernel of
 * {@link sampleResults} must return the same bits as the 128-bit build.
 */
export function wideModule(): WideModule {
  if (globalThis.process?.env?.[VARIABLE] === "off") return { why: `${VARIABLE}=off` };
  try {
    known ??= find();
  } catch (error) {
    known = { why: `compiling for 256 bits failed: ${(error as Error).message}` };
  }
  return known;
}

function find(): WideModule {
  const compile = mergingCompiler();
  if (typeof compile === "string") return { why: compile };
  const threads = process.getBuiltinModule("node:worker_threads");
  if (!threads.isMainThread) {
    // V8's flags are the process's: two threads that set them at once could crash it.
    const found = threads.getEnvironmentData(ENVIRONMENT_KEY) as unknown as WideModule | undefined;
    return found ?? { why: "the main thread installed no kernels before this one started" };
  }
  const found = prove(compile);
  threads.setEnvironmentData(ENVIRONMENT_KEY, found as never);
  return found;
}

/** Compiles a module so that V8 merges, or the reason why it cannot. */
export function mergingCompiler(): Compile | string {
  const process = globalThis.process as NodeJS.Process | undefined;
  const v8 = process?.getBuiltinModule?.("node:v8");
  if (v8 === undefined) return "only Node can turn on 256";
  if (process?.arch !== "x64" || !TRIED_V8.test(process.versions.v8))
    return "Node 24 or later on x86-64 would train up to twice as fast";
  if (!canSetFlags()) return "V8's flags are frozen (--freeze-flags-after-init)";
  return (bytes) => underFlags(v8, MERGING, () => new WebAssembly.Module(bytes));
}

function prove(compile: Compile): WideModule {
  const speedup = speedOfWideTile(compile);
  if (!(speedup > LEAST_SPEEDUP)) {
    return { why: `256-bit tiles are not faster here: ${speedup.toFixed(2)} times the 128-bit ones` };
  }
  const module = compile(decode(wide));
  const different = firstDifference(module, compiled("relaxed-simd"));
  if (different !== undefined) return { why: `256-bit kernels compute something else here: ${different}` };
  return { module };
}

/** Name of the first result of two modules that differs by a bit. */
export function firstDifference(ours: WebAssembly.Module, theirs: WebAssembly.Module): string | undefined {
  const [merged, plain] = [ours, theirs].map((one) => {
    const memory = new WebAssembly.Memory({ initial: SAMPLE_PAGES, maximum: 65536 });
    const { exports } = new WebAssembly.Instance(one, { env: { memory } });
    return sampleResults(exports as unknown as CFunctions, memory);
  });
  return Object.entries(plain!).find(([name, bits]) =>
    bits.some((value, i) => value !== merged![name]![i]),
  )?.[0];
}

import { isMissing } from "../load-error.ts";

/** URLs of tfjs' three `.wasm` files: their folder, with its slash, or each by its name. */
export type WasmPaths = string | WasmFiles;

/** tfjs' builds of its WASM backend: plain, with 128-bit instructions, with threads too. */
export const WASM_FILE_NAMES: readonly (keyof WasmFiles)[] = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
];

/** The URL of each of tfjs' `.wasm` files, by its name. */
export type WasmFiles = Readonly<
  Record<
    "tfjs-backend-wasm.wasm" | "tfjs-backend-wasm-simd.wasm" | "tfjs-backend-wasm-threaded-simd.wasm",
    string
  >
>;

/** The first bytes of every WebAssembly module: NUL, "asm". */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Whether a value has a URL for each of the three. */
export function isFileMap(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return WASM_FILE_NAMES.every((name) => typeof (value as Record<string, unknown>)[name] === "string");
}

/** Target of URLs of `wasm-kernels/files` that no bundler rewrote. */
const AS_WRITTEN = "/wasm-kernels/dist/@tensorflow/";

/**
 * URLs of tfjs' files that the page's bundler emitted (Vite and webpack 5, which follow `wasm-kernels/files`), or among the
 * installed packages (Vite's development server, pages without a bundler). Otherwise, or without `wasm-kernels`, `undefined`.
 */
export async function wasmFilesOfBundler(): Promise<WasmPaths | undefined> {
  let files: WasmFiles;
  try {
    ({ WASM_FILES: files } = await import("wasm-kernels/files"));
  } catch (error) {
    if (isMissing(error, ["wasm-kernels"])) return undefined;
    throw error;
  }
  for (const found of [files, besidePackage(files)]) {
    if (await isWasm(found["tfjs-backend-wasm.wasm"])) return found;
  }
  return undefined;
}

function besidePackage(files: WasmFiles): WasmFiles {
  const urls = WASM_FILE_NAMES.map(
    (name) => [name, files[name].replace(AS_WRITTEN, "/@tensorflow/")] as const,
  );
  return Object.fromEntries(urls) as unknown as WasmFiles;
}

/** Whether a URL serves WebAssembly: many servers answer with their index page where there is nothing. */
async function isWasm(url: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(url);
    const reader = body!.getReader();
    const { value = [] } = await reader.read();
    await reader.cancel();
    return ok && MAGIC.every((byte, i) => value[i] === byte);
  } catch {
    return false;
  }
}

// The names are literals and relative to this file: so Vite and webpack 5 see files to serve, and write their URLs here.
// It stands in this package since a bundler refuses files that are not there, and this one always has tfjs' WASM backend.

/** URLs of the `.wasm` files of tfjs' WASM backend, by name, for `setWasmPaths`; under Vite and webpack 5 only. */
export const WASM_FILES: Readonly<
  Record<
    "tfjs-backend-wasm.wasm" | "tfjs-backend-wasm-simd.wasm" | "tfjs-backend-wasm-threaded-simd.wasm",
    string
  >
> = {
  "tfjs-backend-wasm.wasm": new URL(
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
    import.meta.url,
  ).href,
  "tfjs-backend-wasm-simd.wasm": new URL(
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    import.meta.url,
  ).href,
  "tfjs-backend-wasm-threaded-simd.wasm": new URL(
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
    import.meta.url,
  ).href,
};

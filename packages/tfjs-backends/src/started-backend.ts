/** A backend of tfjs, or `"auto"` for the fastest one that starts here. */
export type BackendChoice = "auto" | "cpu" | "tensorflow" | "wasm" | "webgl" | "webgpu";

/** The backend that `startBackend` started, described for printing. */
export interface StartedBackend {
  /** tfjs' name of the backend: what `tf.getBackend()` returns. */
  readonly name: Exclude<BackendChoice, "auto">;
  /** Hardware and kernels, for instance `"WebAssembly with training kernels (simd)"` or an adapter's name. */
  readonly detail: string;
  /** Why it was chosen: `"as requested"`, or the backends before it and why they did not start. */
  readonly reason: string;
}

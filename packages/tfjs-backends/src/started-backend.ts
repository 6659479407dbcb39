/** A backend that tfjs can be asked for; `"auto"` takes the fastest one that starts here. */
export type BackendChoice = "auto" | "cpu" | "tensorflow" | "wasm" | "webgl" | "webgpu";

/** What `startBackend` started, in words that a program can print. */
export interface StartedBackend {
  /** tfjs' name of the backend: what `tf.getBackend()` returns. */
  readonly name: Exclude<BackendChoice, "auto">;
  /** What runs the kernels, for instance `"WebAssembly SIMD with training kernels"` or an adapter's name. */
  readonly detail: string;
  /** Why this one: what was asked for, or what else was tried and why it was not taken. */
  readonly reason: string;
}

import { type BackendChoice, type StartedBackend, startBackend } from "tfjs-backends";

/** What a Worker is told when it starts: JSON in its name, which bundlers leave alone. */
export interface WorkerOptions {
  readonly role: "session" | "replica";
  /** Address of the page, beside which published weights lie. */
  readonly base: string;
  /** Backend of tfjs. Default: the best one here. */
  readonly backend?: BackendChoice;
  /** Workers that compute a training on WASM together. Default: one less than there are cores, at most 4. */
  readonly workers?: number;
}

/** Options of this Worker. */
export function workerOptions(): WorkerOptions {
  return JSON.parse(self.name) as WorkerOptions;
}

/** A backend, and how many Workers train on it. */
export interface Engine {
  readonly backend: StartedBackend;
  readonly workers: number;
}

/** Starts the backend. A GPU is one device, which Workers would only wait for: they share the work on WASM alone. */
export async function startEngine({ backend, workers }: WorkerOptions): Promise<Engine> {
  const started = await startBackend(backend ?? "auto");
  const free = Math.min(4, Math.max(1, (navigator.hardwareConcurrency ?? 1) - 1));
  return { backend: started, workers: started.name === "wasm" ? (workers ?? free) : 1 };
}

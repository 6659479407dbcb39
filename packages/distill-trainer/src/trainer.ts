import type { Objective } from "./objective.ts";

/** What can be trained, alone or as a replica: a compiled `Classifier` or `Distiller`. */
export interface Trainer {
  /** @throws Error if it is not compiled. */
  readonly objective: Objective;
}

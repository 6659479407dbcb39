import type { CheckpointStorage } from "train-loop";
import type { Curves, ModelFigures, Role, Settings } from "../../session/types.ts";

/** The last step of a model that was saved, of all. */
export interface SavedPlace {
  readonly role: Role;
  readonly step: number;
  readonly steps: number;
}

/** A training as it is stored beside its checkpoints and models. */
export interface TrainingRecord {
  readonly settings: Settings;
  readonly classNames: readonly string[];
  /** Digest of the pictures and their classes, in order; empty for a student from a file. */
  readonly pictures: string;
  readonly curves: Curves;
  /** Models that are trained: their weights are `teacher.safetensors`, `student.safetensors`. */
  readonly models: readonly ModelFigures[];
  /** Place of the model under way; absent when all are trained. */
  readonly place?: SavedPlace;
}

/** Everything small that is stored. */
export interface ProjectRecord {
  readonly settings: Settings;
  readonly training?: TrainingRecord;
}

const FILE = "project.json";

/** Reads the record; `undefined` if there is none. */
export async function readRecord(storage: CheckpointStorage): Promise<ProjectRecord | undefined> {
  if (!(await storage.list()).includes(FILE)) return undefined;
  return JSON.parse(new TextDecoder().decode(await storage.read(FILE))) as ProjectRecord;
}

export function writeRecord(storage: CheckpointStorage, record: ProjectRecord): Promise<void> {
  return storage.write(FILE, new TextEncoder().encode(JSON.stringify(record)));
}

/** Curves up to a step of a model: what came later is trained again. */
export function curvesUntil(curves: Curves, role: Role, step: number): Curves {
  const isBefore = (point: { readonly role: Role; readonly step: number }) =>
    point.role !== role || point.step <= step;
  return { steps: curves.steps.filter(isBefore), epochs: curves.epochs.filter(isBefore) };
}

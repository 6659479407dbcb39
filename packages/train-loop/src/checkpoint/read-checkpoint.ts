import type { Progress } from "./progress.ts";
import type { RunSettings } from "./run-settings.ts";
import type { CheckpointStorage } from "./storage.ts";
import { decodeTensorFile, type HostTensor } from "./tensor-file.ts";

/** The best checkpoint of a run so far. */
export interface Best {
  readonly name: string;
  readonly value: number;
}

/** State of a run in a checkpoint, besides its tensors. */
export interface CheckpointState {
  readonly progress: Progress;
  readonly settings: RunSettings;
  readonly averageUpdates: number;
  readonly best?: Best;
}

/** An intact checkpoint. */
export interface Checkpoint {
  readonly name: string;
  readonly state: CheckpointState;
  readonly tensors: readonly HostTensor[];
}

const NAME = /^step-(\d{9,})\.safetensors$/;

export function checkpointName(step: number): string {
  return `step-${String(step).padStart(9, "0")}.safetensors`;
}

/** Returns names and steps of a storage's checkpoints, newest first. */
export async function listCheckpoints(storage: CheckpointStorage): Promise<{ name: string; step: number }[]> {
  const names = await storage.list();
  return names
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [{ name, step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

function isState(value: unknown): value is CheckpointState {
  const isRecord = (one: unknown): one is Record<string, unknown> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  const isCount = (one: unknown): boolean => Number.isSafeInteger(one) && Number(one) >= 0;
  if (!isRecord(value)) return false;
  const { progress, settings, averageUpdates, best } = value;
  return (
    isRecord(progress) &&
    [progress.step, progress.epoch, progress.batch, averageUpdates].every(isCount) &&
    isRecord(settings) &&
    Object.values(settings).every((one) => typeof one === "string") &&
    (best === undefined ||
      (isRecord(best) && typeof best.name === "string" && typeof best.value === "number"))
  );
}

/** Reads a checkpoint. @throws Error if it is absent or damaged. */
export async function readCheckpoint(storage: CheckpointStorage, name: string): Promise<Checkpoint> {
  const { state, tensors } = await decodeTensorFile(await storage.read(name));
  if (!isState(state))
    throw new Error(`expected a state of a run, got ${JSON.stringify(state).slice(0, 100)}`);
  const other = tensors.find((one) => /^(model|average)\//.test(one.name) && one.data instanceof Int32Array);
  if (other !== undefined) throw new Error(`expected float32 as '${other.name.slice(0, 60)}', got int32`);
  return { name, state, tensors };
}

/**
 * Returns the newest intact checkpoint; `undefined` if there are none.
 *
 * @param onDamaged - Called for each damaged checkpoint, before the previous one is tried.
 * @throws Error if all are damaged.
 */
export async function newestCheckpoint(
  storage: CheckpointStorage,
  onDamaged: (name: string, reason: string) => void,
): Promise<Checkpoint | undefined> {
  const damaged: string[] = [];
  for (const { name } of await listCheckpoints(storage)) {
    try {
      return await readCheckpoint(storage, name);
    } catch (error) {
      const reason = (error as Error).message;
      damaged.push(`${name}: ${reason}`);
      onDamaged(name, reason);
    }
  }
  if (damaged.length === 0) return undefined;
  throw new Error(`checkpoints: expected an intact checkpoint, got none: ${damaged.join("; ")}`);
}

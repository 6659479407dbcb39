import * as tfl from "@tensorflow/tfjs-layers";
import type { CheckpointOptions } from "../checkpoint/options.ts";
import type { Progress } from "../checkpoint/progress.ts";

/** What a callback may have beside tfjs' own methods, for runs that are saved and gone on with. */
export interface RunCallback {
  /** Called before each checkpoint is saved, and when the run ends in any way: writes what is buffered. */
  flush?(): void | Promise<void>;
  /**
   * Whether `onEpochEnd` is called again, after `onTrainBegin`, for the epochs before those of a run that goes on. For
   * callbacks whose state is what they have seen of past epochs. tfjs' early stopping is treated so by itself.
   */
  readonly replaysEpochs?: boolean;
}

/** Flushes those that can be. */
export async function flushCallbacks(callbacks: readonly RunCallback[]): Promise<void> {
  for (const callback of callbacks) await callback.flush?.();
}

/** Checkpoints that are saved after the callbacks have written what they know: a log is never behind a checkpoint. */
export function savedAfterFlush<T extends Pick<CheckpointOptions, "storage">>(
  checkpoint: T,
  callbacks: readonly RunCallback[],
): T {
  const { storage } = checkpoint;
  const write: typeof storage.write = async (name, bytes) => {
    await flushCallbacks(callbacks);
    await storage.write(name, bytes);
  };
  return {
    ...checkpoint,
    storage: {
      write,
      list: () => storage.list(),
      read: (name: string) => storage.read(name),
      remove: (name: string) => storage.remove(name),
    },
  };
}

/** Shows past epochs to those callbacks whose state comes from them. */
export async function replayEpochs(
  callbacks: readonly RunCallback[],
  { epoch, history }: Progress["history"],
): Promise<void> {
  const replayed = callbacks.filter((one) => one instanceof tfl.EarlyStopping || one.replaysEpochs === true);
  for (const [i, index] of epoch.entries()) {
    const logs = Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[i]!]));
    for (const callback of replayed as tfl.CustomCallbackArgs[]) await callback.onEpochEnd?.(index, logs);
  }
}

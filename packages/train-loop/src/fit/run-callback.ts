import * as tfl from "@tensorflow/tfjs-layers";
import type { CheckpointOptions } from "../checkpoint/options.ts";
import type { Progress } from "../checkpoint/progress.ts";

/** Members of a callback besides tfjs' methods, for runs that are checkpointed and resumed. */
export interface RunCallback {
  /** Writes what is buffered; called before each checkpoint and when the run ends in any way. */
  flush?(): void | Promise<void>;
  /**
   * Whether a resumed run calls `onEpochEnd` again for past epochs, after `onTrainBegin`: for callbacks whose state depends on
   * them. Always done for tfjs' early stopping. Default false.
   */
  readonly replaysEpochs?: boolean;
}

/** Flushes all callbacks. */
export async function flushCallbacks(callbacks: readonly RunCallback[]): Promise<void> {
  for (const callback of callbacks) await callback.flush?.();
}

/** Returns checkpoint options whose storage flushes the callbacks first: a log is never behind a checkpoint. */
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

/** Replays past epochs for callbacks whose state depends on them. */
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

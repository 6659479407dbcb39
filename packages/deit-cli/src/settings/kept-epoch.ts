import type * as tfl from "@tensorflow/tfjs-layers";
import { callbacks } from "@tensorflow/tfjs-layers";
import { type BestLog, bestEpoch } from "train-loop";
import type { Settings } from "./settings.ts";

type Deciding = Pick<Settings, "run" | "recipe">;

/** Log that chooses a student's best epoch: that of its moving average where it has one, which is what is saved. */
export function bestLog({ recipe }: Pick<Deciding, "recipe">): BestLog {
  return { monitor: recipe.emaDecay === undefined ? "val_accuracy" : "val_ema_accuracy", mode: "max" };
}

/** Whether a student's training depends on the held-out pictures. */
export function isByHeldOut({ run }: Pick<Deciding, "run">): boolean {
  return run.keepBest === true || run.patience !== undefined;
}

/** Callbacks that end a student's training early, if the settings say so. */
export function earlyStopping(settings: Deciding): tfl.EarlyStopping[] {
  const { patience } = settings.run;
  return patience === undefined ? [] : [callbacks.earlyStopping({ ...bestLog(settings), patience })];
}

/** Epoch whose weights a student has, counted from 1, and the number of epochs that it was trained for. */
export function keptEpoch(
  settings: Deciding,
  history: Readonly<Record<string, readonly number[]>>,
): { readonly kept: number; readonly trained: number } {
  const trained = history.loss?.length ?? 0;
  const best = settings.run.keepBest === true ? bestEpoch(history, bestLog(settings)) : undefined;
  return { kept: best === undefined ? trained : best + 1, trained };
}

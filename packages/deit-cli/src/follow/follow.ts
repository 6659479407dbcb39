// What the other ranks do: they open the data that rank 0 has, and train when it says so. They print and keep nothing.

import { rmSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { openData } from "../data/open-data.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { UsageError } from "../process/usage-error.ts";
import { receiveFiles } from "../ranks/files.ts";
import type { Message } from "../ranks/messages.ts";
import { isFirstToReport } from "../ranks/report-late.ts";
import { Ended, isStop, type RunRanks } from "../ranks/run-ranks.ts";
import type { RunContext } from "../runs/context.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { followTraining } from "./follow-training.ts";
import { makeOwnFolder } from "./own-folder.ts";
import { dataIdentity, requireSameData } from "./same-data.ts";

const SILENT: LineOutput = { write: () => true };

/**
 * Follows rank 0 until it ends. An error of this rank ends the program on all of them.
 *
 * @param signal - Stops the training under way, on all ranks.
 * @returns Rank 0's exit code.
 */
export async function follow(ranks: RunRanks, signal: AbortSignal): Promise<number> {
  let folder: string | undefined;
  const remove = (): void => {
    if (folder !== undefined) removeFolder(folder);
  };
  process.on("exit", remove);
  try {
    folder = await makeOwnFolder();
    for (;;) await followRun(ranks, await ranks.hearOf("open"), folder, signal);
  } catch (error) {
    if (error instanceof Ended) return error.exitCode;
    remove();
    if (await isFirstToReport(ranks.communicator.rank, signal)) ranks.communicator.abort(error);
    return 1;
  } finally {
    remove();
  }
}

/** Removes this rank's folder. What cannot be removed now is removed by a later run, and is no failure of this one. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {}
}

/** Opens a run, and does what is told until it is closed. */
async function followRun(
  ranks: RunRanks,
  start: Extract<Message, { kind: "open" }>,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const data = await openAsRoot(ranks, start);
  for (;;) {
    const message = await ranks.hear();
    if (message.kind === "close") break;
    if (message.kind === "files") await receiveFiles(ranks, message.files, folder);
    if (message.kind !== "train") continue;
    const { stage, settings } = message;
    const context: RunContext = {
      ...{ settings, data, folder, signal, ranks },
      ...{ output: SILENT, onSkip: () => {} },
    };
    await followTraining(context, stage).catch((error: unknown) => {
      if (!isStop(error)) throw error; // rank 0 has stopped too, and ends the program
    });
  }
  tf.disposeVariables(); // the models of this run
}

/**
 * Opens the pictures and the backend, which no signal stops: rank 0 waits for it, and a stop is agreed on in training.
 *
 * @throws UsageError if they are not those of rank 0.
 */
async function openAsRoot(
  { communicator }: RunRanks,
  { settings, backend: there, data: expected }: Extract<Message, { kind: "open" }>,
) {
  const { rank, host, hosts } = communicator;
  communicator.compression = settings.run.compression ?? "none";
  const { name } = await startChosenBackend(settings.run);
  if (name !== there)
    throw new UsageError(
      `--backend: expected '${there}', which rank 0 has, got '${name}'; --backend ${there} chooses it on all`,
    );
  // Pictures that are downloaded are downloaded once to a host.
  const isFirst = hosts.indexOf(host) === rank;
  const open = () => openData(settings, SILENT);
  const early = isFirst || !settings.data.download ? await open() : undefined;
  await communicator.barrier();
  const data = early ?? (await open());
  requireSameData(dataIdentity(data), expected);
  await communicator.barrier();
  return data;
}

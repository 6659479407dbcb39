import { availableParallelism, cpus } from "node:os";
import type { StartedBackend } from "tfjs-backends";
import type { FlowerData } from "../data/open-data.ts";
import { ranksByHost } from "../ranks/cores.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { gradientWords, rankWords } from "../ranks/words.ts";
import { replicasOf } from "../settings/pace.ts";
import type { Settings } from "../settings/settings.ts";
import { dataIdentity } from "./same-data.ts";

/**
 * Has all ranks open what rank 0 has opened. Resolves when they have the same pictures and backend; a rank that has not ends the
 * program on all.
 */
export async function openOnRanks(
  ranks: RunRanks,
  settings: Settings,
  { backend, data }: { readonly backend: StartedBackend; readonly data: FlowerData },
): Promise<void> {
  await ranks.tell({ kind: "open", settings, backend: backend.name, data: dataIdentity(data) });
  ranks.communicator.compression = settings.run.compression ?? "none";
  await ranks.communicator.barrier(); // the first rank of each host has the pictures
  await ranks.communicator.barrier(); // all ranks have them
}

/** A line on the ranks, and on their threads. */
export function describeRanks(ranks: RunRanks, { run }: Settings): string {
  const { hosts, host } = ranks.communicator;
  const threads = replicasOf(run, undefined, ranks.cores);
  const words = `ranks: ${rankWords(ranks.communicator)}, ${threads} ${threads === 1 ? "thread" : "threads"} each${gradientWords(run)}`;
  const [bound, all] = [availableParallelism(), cpus().length];
  const own = Math.floor(all / ranksByHost(hosts).get(host)!);
  if (bound >= own) return words;
  return `${words}; mpirun binds each to ${bound} of ${all} cores, --bind-to none to none of them`;
}

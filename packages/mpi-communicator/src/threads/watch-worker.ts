// Watches over the ranks in a thread of its own, as the main thread and the one that calls MPI may be busy for minutes: each rank is
// heard each second, whatever it computes. One that is not has lost its host, or is stopped, and ends the run on all ranks.
import { parentPort, workerData } from "node:worker_threads";
import { abortOf } from "../faults/abort.ts";
import { endLauncherLater } from "../faults/end-launcher.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { WatchStart } from "./messages.ts";

const start = workerData as WatchStart;
const { path, rank, hosts, timeoutSeconds } = start;
const SECONDS = Math.min(1, timeoutSeconds / 4);
/** Seconds between looks while the ranks take leave. */
const LEAVING_SECONDS = 0.005;

const { mpi, abort } = await abortOf(path, rank, hosts[rank]!);
const beats = new Heartbeats(mpi, start);
let last = performance.now();
let due = 0;
let isLeaving = false;
let timer: NodeJS.Timeout | undefined;

function tick(): void {
  const now = performance.now();
  // A process that was stopped itself has heard nobody meanwhile: what it missed does not count.
  const passed = Math.min((now - last) / 1000, 2 * SECONDS);
  last = now;
  try {
    if (now >= due) {
      beats.exchange();
      due = now + 1000 * SECONDS;
    }
    if (isLeaving && beats.leave()) {
      parentPort!.postMessage("over");
      return;
    }
  } catch (error) {
    abort((error as Error).message);
  }
  const { rank: lost, silence } = beats.pass(passed);
  if (silence > timeoutSeconds) {
    endLauncherLater();
    abort(
      `rank ${lost} on ${hosts[lost]} was not heard for ${timeoutSeconds} s: its host, its network or its process is gone`,
    );
  }
  timer = setTimeout(tick, 1000 * (isLeaving ? LEAVING_SECONDS : SECONDS));
}

parentPort!.once("message", () => {
  isLeaving = true;
  clearTimeout(timer);
  tick();
});
tick();
parentPort!.postMessage("started");

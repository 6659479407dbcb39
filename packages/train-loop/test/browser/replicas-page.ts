// Page, session and replica of the tests: one script, whose role is its name, as an application has it in one bundle.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as Comlink from "comlink";
import { permutation, sampleKey } from "sample-keys";
import { startBackend } from "tfjs-backends";
import { variablesOf } from "tfjs-optim";
import { arraySource, type FitOptions, type Task } from "train-loop";
import { serveReplicaWorker } from "train-loop/browser";
import { distiller, SIDE } from "../../src/replicas/test-data.ts";

/** What a run is to do, and how its second replica fails. */
export interface Work {
  readonly replicas: number;
  /** Name of the Workers, their role: `replica late`, … Default `replica`. */
  readonly role?: string;
  readonly script?: string;
  readonly fails?: "throw" | "setup" | "timer" | "close" | "uncloneable" | "module" | "no Worker";
  readonly startSeconds?: number;
}

/** What came of it. */
export interface Ran {
  readonly losses: readonly number[];
  readonly weights: readonly number[];
  readonly pings: readonly string[];
  readonly isolated: boolean;
  readonly message?: string;
}

const ROWS = 40;

function samples() {
  const order = permutation(ROWS, sampleKey(3, 0, 0));
  const images = Float32Array.from(
    { length: ROWS * SIDE * SIDE * 3 },
    (_, i) => 127.5 + 127.5 * Math.sin(0.37 * i * (1 + (i % 7))),
  );
  return { images, shape: [ROWS, SIDE, SIDE, 3], labels: Array.from(order, (n) => n % 5) };
}

async function run({
  replicas,
  role = "replica",
  script = "/page.js",
  fails,
  startSeconds,
}: Work): Promise<Ran> {
  const pings: Promise<string>[] = [];
  const worker = (rank: number): Worker => {
    if (fails === "no Worker") return {} as Worker;
    const made = new Worker(script, { type: "module", name: `${role} ${rank}` });
    if (role.startsWith("replica") && script === "/page.js" && fails === undefined)
      pings.push(Comlink.wrap<{ ping(): string }>(made).ping());
    return made;
  };
  const data = fails === "uncloneable" ? { fails: () => {} } : { fails };
  const setup = { worker, data, ...(startSeconds !== undefined && { startSeconds }) };
  const trainer = distiller();
  const losses: number[] = [];
  const options: FitOptions = {
    epochs: 3,
    microBatchSize: 5,
    replicas,
    ...(replicas > 1 && { setup: fails === "module" ? { module: "/page.js" } : setup }),
    callbacks: { onBatchEnd: (_, logs) => void losses.push(logs!.loss as number) },
  };
  let message: string | undefined;
  try {
    await trainer.fitDataset(arraySource(samples(), { batchSize: 20 }), options);
  } catch (error) {
    message = String(error);
  }
  return {
    losses,
    weights: variablesOf(trainer.student).flatMap((weight) => [...weight.dataSync()]),
    pings: await Promise.all(pings),
    isolated: crossOriginIsolated,
    ...(message !== undefined && { message }),
  };
}

/** The task of a replica, whose second one fails in its third pass. */
async function setup({ rank, data }: { rank: number; data: { fails?: Work["fails"] } }): Promise<Task> {
  const { fails } = data;
  if (rank === 2 && fails === "setup") throw new RangeError("no teacher here");
  await startBackend("wasm");
  const { task } = distiller();
  if (rank !== 2 || fails === undefined) return task;
  let passes = 0;
  const prepare: Task["prepare"] = async (...args) => {
    if (++passes === 3) {
      if (fails === "throw") throw new RangeError("the teacher has left");
      if (fails === "close") self.close();
      if (fails === "timer") {
        setTimeout(() => {
          throw new RangeError("a timer's error");
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 1e6));
    }
    return task.prepare(...args);
  };
  return { ...task, prepare };
}

/** Runs within a Worker of this script, which makes the replicas' Workers. */
function runInSession(work: Work): Promise<Ran> {
  const session = new Worker("/page.js", { type: "module", name: "session" });
  return Comlink.wrap<{ run: typeof run }>(session).run(work) as Promise<Ran>;
}

setWasmPaths("/wasm/");
if (typeof document !== "undefined") {
  await startBackend("wasm");
  const outside = () => serveReplicaWorker(setup).catch(String);
  Object.assign(globalThis, { replicas: { run, runInSession, outside } });
} else if (self.name === "session") {
  // Exposed at once: a call that comes while the module awaits would be lost.
  const started = startBackend("wasm");
  Comlink.expose({ run: async (work: Work) => started.then(() => run(work)) });
} else if (self.name.startsWith("replica")) {
  const waited = new Promise((resolve) => setTimeout(resolve, self.name.includes("late") ? 300 : 0));
  const served = waited.then(() => serveReplicaWorker(setup));
  const again = waited.then(() => serveReplicaWorker(setup)).catch(String);
  Comlink.expose({ ping: async () => `${self.name}: ${await again}` });
  await served;
} else if (self.name.startsWith("broken")) {
  throw new SyntaxError("not this one");
}

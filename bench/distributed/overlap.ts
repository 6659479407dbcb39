// What a sum costs that runs beside a backward pass, against one after it; rank 0 prints the medians as JSON.
import * as tf from "@tensorflow/tfjs-core";
import { config, deit } from "deit-model";
import { Distiller, type Teacher } from "distill-trainer";
import { mpiCommunicator } from "mpi-communicator";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { median } from "../measure.ts";

/** An overlap to measure, of DeiT-Ti/16 at 224². */
export interface OverlapTask {
  readonly rows: number;
  readonly rounds: number;
}

/** Medians in milliseconds of forward and backward pass of a micro-batch and a sum of gradients. */
export interface OverlapFigures {
  /** The passes alone. */
  readonly passes: number;
  /** The passes, then the sum. */
  readonly after: number;
  /** The sum, started before the passes: more than buckets can hide. */
  readonly beside: number;
  /** Gradients copied out of the backend and, as after a sum, back. */
  readonly copies: number;
}

const CLASSES = 5;

const { rows, rounds } = JSON.parse(process.argv[2]!) as OverlapTask;
const communicator = await mpiCommunicator();
await startBackend("wasm");
const teacher: Teacher = { classes: CLASSES, logits: ({ shape }) => tf.zeros([shape[0]!, CLASSES]) };
const distiller = new Distiller({ student: deit({ ...config.deitTiny, classes: CLASSES }), teacher });
distiller.compile({ optimizer: new AdamW({ learningRate: 1e-4 }), labelSmoothing: 0 });
const { task } = distiller;
const length = task.variables.reduce((sum, { size }) => sum + size, 0);
const vector = new Float32Array(new SharedArrayBuffer(4 * length)).fill(1e-3);
const prepared = task.example(rows);

function passes(): void {
  const loss = () => task.train(prepared, new Uint32Array(rows), 0).loss;
  const { value, grads } = tf.variableGrads(loss, [...task.variables]);
  tf.dispose([value, grads]);
}

/** As train-loop does, of the weights, which have the gradients' shapes. */
function copies(): void {
  let offset = 0;
  for (const variable of task.variables) {
    vector.set(variable.dataSync() as Float32Array, offset);
    offset += variable.size;
  }
  offset = 0;
  for (const { size, shape } of task.variables) {
    tf.tensor(vector.subarray(offset, offset + size), shape, "float32").dispose();
    offset += size;
  }
}

const sides = {
  passes: async () => passes(),
  after: async () => {
    passes();
    await communicator.allreduce(vector);
  },
  beside: async () => {
    const sum = communicator.allreduce(vector);
    passes();
    await sum;
  },
  copies: async () => copies(),
};
type Side = keyof typeof sides;

const times: Record<Side, number[]> = { passes: [], after: [], beside: [], copies: [] };
passes();
for (let round = 0; round < rounds; round++) {
  for (const side of Object.keys(sides) as Side[]) {
    vector.fill(1e-3);
    await communicator.barrier();
    const start = performance.now();
    await sides[side]();
    await communicator.barrier();
    times[side].push(performance.now() - start);
  }
}
const figures: OverlapFigures = {
  passes: median(times.passes),
  after: median(times.after),
  beside: median(times.beside),
  copies: median(times.copies),
};
if (communicator.rank === 0) process.stdout.write(`${JSON.stringify(figures)}\n`);
await communicator.close();

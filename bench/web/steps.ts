// What both sides time, in Node and in a Worker of a page.
import type * as tf from "@tensorflow/tfjs-core";
import { config, type VitSize } from "deit-model";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type Build, installWasmKernels } from "wasm-kernels";
import { deitStep } from "../wasm/step/deit-step.ts";

/** A student in training: forward, backward and AdamW of one micro-batch. */
export interface Student {
  readonly name: string;
  readonly size: VitSize;
  readonly batch: number;
  /** Steps of one timing, and before the first one: V8 compiles what a short step calls only after some hundred. */
  readonly steps: number;
  readonly warmup: number;
}

/** The student of examples/deit-web from nothing, and the published one, at the sizes that they are trained. */
export const STUDENTS: readonly Student[] = [
  { name: "DeiT-Ti/16 224², micro-batch 8", size: config.deitTiny, batch: 8, steps: 1, warmup: 2 },
  {
    name: "the small student of examples/deit-web, 48², batch 16",
    size: { imageSize: 48, patchSize: 8, dim: 96, depth: 4, heads: 3, mlpRatio: 4 },
    ...{ batch: 16, steps: 20, warmup: 300 },
  },
];

/** Students that are trained by one build of the kernels, each made at its first step. The backend is started before. */
export class Steps {
  readonly #made = new Map<Student, () => void>();

  constructor(build: Build) {
    installWasmKernels({ build, wide: "off" });
  }

  /** Trains a student by some steps and returns how many milliseconds they took. */
  time(student: Student, steps: number): number {
    const step = this.#made.get(student) ?? stepOf(student);
    this.#made.set(student, step);
    const start = performance.now();
    for (let i = 0; i < steps; i++) step();
    return performance.now() - start;
  }
}

function stepOf({ size, batch }: Student): () => void {
  const step = deitStep(size, batch);
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 2.5e-4, weightDecay: 0.05 });
  const update = (gradients: tf.NamedTensorMap) => optimizer.applyGradients(gradients);
  return () => step.forwardBackward(update);
}

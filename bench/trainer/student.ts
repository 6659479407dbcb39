// The student of the suite: what each replica's thread builds, too.
import * as tf from "@tensorflow/tfjs-core";
import { deitTinyDistilled } from "deit-model";
import { Distiller, type Teacher } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import type { ReplicaSetup } from "train-loop";
import { installWasmKernels } from "wasm-kernels";

const CLASSES = 5;

/** A teacher that costs nothing, as one with stored logits: what is timed is the student's training. */
const silent: Teacher = {
  classes: CLASSES,
  logits: (images) => tf.zeros([images.shape[0]!, CLASSES]),
};

/** Starts the WASM backend, with our kernels or without. */
export async function start(kernels: boolean): Promise<void> {
  await startBackend("wasm");
  if (!kernels) installWasmKernels().uninstall();
}

/** DeiT-Ti/16 at 224², both heads learning, AdamW. */
export function trainer(): Distiller {
  const student = deitTinyDistilled({ classes: CLASSES, dropPathRate: 0.1 });
  const distiller = new Distiller({ student, teacher: silent });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 2.5e-4, weightDecay: 0.05 });
  distiller.compile({ optimizer, labelSmoothing: 0 });
  return distiller;
}

const setup: ReplicaSetup<{ kernels: boolean }> = async ({ data }) => {
  await start(data.kernels);
  return trainer().task;
};
export default setup;

// What the test of browsers runs: a tiny student, trained for a few steps. The same program for a page and for Node.
import { getThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type InstalledWasmKernels, installWasmKernels } from "wasm-kernels";

/** What one run found and computed. */
export interface Trained {
  /** The build of wasm-kernels that is chosen here by default. */
  readonly best: InstalledWasmKernels["build"];
  /** Why these are not the kernels of 256 bits. */
  readonly why?: string | undefined;
  /** The threads of tfjs' own kernels. */
  readonly threads: number;
  /** Whether tfjs' heap is shared memory. */
  readonly shared: boolean;
  /** What tfjs' own convolution gives, which runs on its threads. */
  readonly convolved: readonly number[];
  /** The losses of the steps, by build. */
  readonly losses: Readonly<Partial<Record<InstalledWasmKernels["build"], readonly number[]>>>;
}

const STEPS = 5;
const BATCH = 4;
const SIDE = 16;

/** Starts tfjs' WASM backend, where `setWasmPaths` has said, and trains with every build of the kernels that runs. */
export async function train(): Promise<Trained> {
  await startBackend("wasm"); // installs the kernels
  const { build: best, why, uninstall } = installWasmKernels();
  uninstall();
  const losses: Partial<Record<InstalledWasmKernels["build"], number[]>> = {};
  for (const build of new Set(["simd", best] as const)) {
    const kernels = installWasmKernels({ build });
    losses[build] = steps();
    kernels.uninstall();
  }
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const isShared =
    typeof SharedArrayBuffer !== "undefined" && wasm.HEAPU8.buffer instanceof SharedArrayBuffer;
  return { best, why, threads: getThreadsCount(), shared: isShared, convolved: convolved(), losses };
}

function steps(): number[] {
  const size = { imageSize: SIDE, patchSize: 4, dim: 24, depth: 2, heads: 2 };
  const student = deit({ ...size, classes: 3, seed: 1 });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 3e-3, weightDecay: 1e-3 });
  const images = tf.tensor4d(wave(BATCH * SIDE * SIDE * 3), [BATCH, SIDE, SIDE, 3]);
  const targets = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [BATCH, 3]);
  const loss = () => {
    const heads = student.apply(images, { training: true }) as tf.Tensor2D[];
    return tf.mean(tf.addN(heads.map((logits) => softmaxCrossEntropy(targets, logits)))) as tf.Scalar;
  };
  const losses = Array.from({ length: STEPS }, () => {
    const value = optimizer.minimize(loss, true)!;
    const [number] = value.dataSync();
    value.dispose();
    return number!;
  });
  tf.dispose([images, targets]);
  student.dispose();
  optimizer.dispose();
  return losses;
}

function convolved(): number[] {
  return tf.tidy(() => {
    const x = tf.tensor4d(wave(32 * 32 * 8), [1, 32, 32, 8]);
    const y = tf.conv2d(x, tf.tensor4d(wave(3 * 3 * 8 * 4), [3, 3, 8, 4]), 1, "same");
    return Array.from(tf.mean(y, [1, 2]).dataSync());
  });
}

/** Numbers in [-1, 1] without a pattern that matters. */
function wave(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * i * 0.37 + i));
}

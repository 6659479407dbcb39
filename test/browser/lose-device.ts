// Trains on WebGPU, destroys the device on the way, and goes on from the last checkpoint with WASM.
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { Classifier } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import type { CheckpointStorage } from "train-loop";

/** What came of it. */
export interface LostDevice {
  /** What WebGPU runs on; absent where there is none. */
  readonly adapter?: string;
  /** What training said when the device was lost. */
  readonly message: string;
  /** The history of the run that was gone on with. */
  readonly epochs: readonly number[];
  readonly losses: readonly number[];
}

const STEPS_PER_EPOCH = 3;
const ROWS = 8;

export async function loseDevice(): Promise<LostDevice> {
  await startBackend("wasm"); // registers gradients
  const { gpu } = navigator as {
    gpu?: { requestAdapter(): Promise<{ info?: { description: string } } | null> };
  };
  const adapter = await gpu?.requestAdapter();
  if (!adapter || !(await tf.setBackend("webgpu"))) return { message: "", epochs: [], losses: [] };
  const storage = memoryStorage();
  let message = "no error";
  try {
    await train(storage, false, (epoch, batch) => {
      if (epoch === 1 && batch === 1) (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
    });
  } catch (error) {
    message = (error as Error).message;
  }
  await tf.setBackend("wasm");
  const { epoch, history } = await train(storage, "force", () => {});
  return {
    ...{ adapter: adapter.info?.description ?? "", message },
    ...{ epochs: epoch, losses: history.loss as number[] },
  };
}

interface GPUDevice {
  destroy(): void;
}

async function train(
  storage: CheckpointStorage,
  resume: boolean | "force",
  onStep: (epoch: number, batch: number) => void,
): Promise<tfl.History> {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
  const model = tfl.sequential({
    layers: [tfl.layers.dense({ units: 2, inputShape: [3], kernelInitializer })],
  });
  const classifier = new Classifier(model);
  classifier.compile({
    optimizer: new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 0.1, weightDecay: 0 }),
  });
  const source = {
    ...{ size: ROWS * STEPS_PER_EPOCH, batchSize: ROWS },
    async *batches() {
      for (let step = 0; step < STEPS_PER_EPOCH; step++) {
        const labels = Int32Array.from({ length: ROWS }, (_, i) => i % 2);
        const images = Float32Array.from({ length: ROWS * 3 }, (_, i) => 255 * labels[Math.floor(i / 3)]!);
        yield { images, shape: [ROWS, 3], labels, sampleKeys: new Uint32Array(ROWS) };
      }
    },
  };
  let epoch = 0;
  return classifier.fitDataset(source, {
    epochs: 3,
    checkpoint: { storage, everySteps: 1, resume },
    callbacks: {
      onEpochBegin: (index) => {
        epoch = index;
      },
      onBatchBegin: (batch) => onStep(epoch, batch),
    },
  });
}

function memoryStorage(): CheckpointStorage {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)!,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

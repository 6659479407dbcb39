import { describe } from "vitest";
import { startTensorFlow, startWasm, startWebGpu } from "../backends.ts";
import { adamWUpdateTests } from "./adamw-update.ts";
import { attentionTests } from "./attention.ts";
import { geluTests } from "./gelu.ts";
import { layerNormTests } from "./layer-norm.ts";
import { ownershipTests } from "./ownership.ts";
import { softmaxCrossEntropyTests } from "./softmax-cross-entropy.ts";
import { squaredNormsTests } from "./squared-norms.ts";
import { sumTests } from "./sum.ts";
import { type SharedOp, TESTED_BACKENDS, type TestedBackend } from "./tested-backend.ts";

const TESTS: Readonly<Record<SharedOp, (backend: TestedBackend) => void>> = {
  AdamWUpdate: adamWUpdateTests,
  Attention: attentionTests,
  Gelu: geluTests,
  LayerNorm: layerNormTests,
  SoftmaxCrossEntropy: softmaxCrossEntropyTests,
  SquaredNorms: squaredNormsTests,
  Sum: sumTests,
};

/**
 * Tests the kernels that a backend's package shares with the other packages: values and gradients against float64, NaN and
 * infinity against the composite form on cpu, the edges of blocks and tiles, what is refused, and memory.
 *
 * Starts the backend with its package's kernels. Where the backend is missing the tests are skipped and say why.
 */
export async function describeKernels(name: TestedBackend["name"]): Promise<void> {
  const start = { tensorflow: startTensorFlow, wasm: startWasm, webgpu: startWebGpu }[name];
  const missing = await start();
  const backend = TESTED_BACKENDS[name];
  describe.skipIf(missing)(`kernels of ${name}${missing ? ` (skipped: ${missing})` : ""}`, () => {
    for (const op of backend.ops) describe(op, () => TESTS[op](backend));
    describe("memory", () => ownershipTests(backend));
  });
}

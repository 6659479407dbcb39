import * as tf from "@tensorflow/tfjs-core";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { difference, graphOf, inputsOf, shuffled } from "./compare.ts";
import { OURS, STOCK } from "./models.ts";

/** The same kernels in another grouping: fused, or weights computed ahead. */
const SAME_KERNELS = 1e-6;
/** The layers then run kernels of `wasm-kernels`, which sum in another order; the graph runs tfjs' own. */
const OTHER_KERNELS = 1e-5;

describe.each(PARITY_BACKENDS)("a graph model answers as the layers model does on %s:", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(Object.entries({ ...STOCK, ...OURS }))("%s", async (_, make) => {
    const model = shuffled(make());
    const graph = await graphOf(model);
    for (const batch of [1, 2, 5]) {
      const inputs = inputsOf(model, batch);
      expect(difference(model, graph, inputs), `batch ${batch}`).toBeLessThan(
        backend === "wasm with kernels" ? OTHER_KERNELS : SAME_KERNELS,
      );
    }
    tf.disposeVariables();
  });
});

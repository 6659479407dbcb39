import * as tf from "@tensorflow/tfjs-core";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { ALL } from "./all-models.ts";
import { difference, graphOf, inputsOf, shuffled } from "./compare.ts";

/** The same kernels in another grouping: fused, or weights computed ahead. */
const SAME_KERNELS = 1e-6;
/** The layers then run kernels of `wasm-kernels`, which sum in another order; the graph runs tfjs' own. */
const OTHER_KERNELS = 1e-5;

/** tfjs' WASM backend has no Einsum, and adds the bias of these products wrongly, in the layers model. */
const NOT_ON_WASM = /in large letters|fused products of several or transposed/;

describe.each(PARITY_BACKENDS)("a graph model answers as the layers model does on %s:", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.for(Object.entries(ALL))("%s", async ([name, make], { skip }) => {
    if (backend !== "cpu" && NOT_ON_WASM.test(name)) skip();
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

import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { outputsOf, plain } from "../kernels.ts";
import type { SharedOp, TestedBackend } from "./tested-backend.ts";

const ATTRIBUTES = { beta1: 0.9, beta2: 0.99, stepSize: 1e-3, epsilon: 1e-7 };
const tensor = (shape: number[], seed = 1): tf.Tensor => tf.tensor(plain(shape, seed).values, shape);

/** One call of each op that is not tfjs' own. */
const CALLS: Readonly<Partial<Record<SharedOp, () => Parameters<typeof outputsOf>>>> = {
  AdamWUpdate: () => [
    "AdamWUpdate",
    [tensor([7]), tensor([7]), tf.ones([7]), tensor([7])],
    { ...ATTRIBUTES, decays: [0.1] },
  ],
  Attention: () => ["Attention", { qkv: tensor([2, 5, 24]) }, { heads: 2, scale: 0.5, queries: 3 }],
  Gelu: () => ["Gelu", { x: tensor([19]) }],
  LayerNorm: () => [
    "LayerNorm",
    { x: tensor([5, 11]), gamma: tensor([11]), beta: tensor([11]) },
    { epsilon: 0.1 },
  ],
  SoftmaxCrossEntropy: () => ["SoftmaxCrossEntropy", { targets: tensor([3, 13]), logits: tensor([3, 13]) }],
  SquaredNorms: () => ["SquaredNorms", [tensor([7]), tensor([2, 3])]],
};

export function ownershipTests({ name, ops }: TestedBackend): void {
  const counts = () => ({ ...tf.memory(), dataIds: tf.backend().numDataIds() });

  test("a kernel leaves neither tensors nor data behind once its outputs are disposed", async () => {
    await tf.setBackend(name);
    for (const op of ops) {
      const call = CALLS[op];
      if (call === undefined) continue;
      await outputsOf(...call()); // constants and scratch memory
      const { numTensors, numDataBuffers, dataIds } = counts();
      for (let i = 0; i < 3; i++) await outputsOf(...call());
      expect(counts(), op).toMatchObject({ numTensors, numDataBuffers, dataIds });
    }
  });

  test("a kernel refuses tensors that are not float32 and frees what it has made", async () => {
    await tf.setBackend(name);
    const [x, value, m, v] = [tf.tensor1d([1, 2, 3], "int32"), tf.zeros([3]), tf.zeros([3]), tf.zeros([3])];
    await outputsOf("AdamWUpdate", [tf.zeros([3]), tf.zeros([3]), tf.zeros([3]), tf.zeros([3])], {
      ...{ ...ATTRIBUTES, decays: [0] },
    });
    const { numTensors, numDataBuffers, dataIds } = counts();
    expect(() => tf.engine().runKernel("Gelu", { x })).toThrow("Gelu: expected x to be float32, got int32");
    const inputs = [value, m, v, value, value, m, v, x] as unknown as tf.NamedTensorMap;
    expect(() => tf.engine().runKernel("AdamWUpdate", inputs, { ...ATTRIBUTES, decays: [0, 0] })).toThrow(
      "AdamWUpdate: expected gradient to be float32",
    );
    expect(counts()).toMatchObject({ numTensors, numDataBuffers, dataIds });
    tf.dispose([x, value, m, v]);
  });
}

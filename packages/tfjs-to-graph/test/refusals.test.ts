import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { toGraphModel } from "../src/index.ts";
import { difference, graphOf, inputsOf } from "./compare.ts";
import { after } from "./models.ts";
import { CARRIED, modelOf } from "./own-layers.ts";

const WHO = "toGraphModel: layer 'inner/own' of class Own cannot be converted: ";
let kept: tf.Tensor | undefined;
let calls = 0;

/** What a layer of a user's own does that a graph cannot. */
const REFUSED: Readonly<Record<string, [(x: tf.Tensor) => tf.Tensor, string]>> = {
  "reads values": [
    (x) => tf.mul(x, tf.max(x).dataSync()[0]!),
    "it reads values in JavaScript while it runs, and a graph cannot do that",
  ],
  "reads values, and catches the error": [
    (x) => {
      try {
        return tf.mul(x, tf.max(x).arraySync() as number);
      } catch {
        return tf.clone(x);
      }
    },
    "it reads values in JavaScript while it runs, and a graph cannot do that",
  ],
  "asks for values, and does not wait for them": [
    (x) => {
      void x.data();
      return tf.neg(x);
    },
    "it reads values in JavaScript while it runs, and a graph cannot do that",
  ],
  "adds random numbers": [
    (x) => tf.add(x, tf.randomNormal(x.shape)),
    "it does something else from call to call, as random numbers do",
  ],
  "multiplies by a random number": [
    (x) => tf.mul(x, tf.scalar(Math.random())),
    "it does something else from call to call, as random numbers do",
  ],
  "has random attributes": [
    (x) => tf.leakyRelu(x, Math.random()),
    "it does something else from call to call, as random numbers do",
  ],
  "counts its calls": [
    (x) => (calls++ % 2 === 0 ? tf.neg(x) : tf.abs(x)),
    "it does something else from call to call, as random numbers do",
  ],
  "draws samples": [
    (x) => tf.cast(tf.expandDims(tf.multinomial(tf.reshape(x, [-1, 6]) as tf.Tensor2D, 3), 0), "float32"),
    "graph models have no counterpart of the kernel Multinomial",
  ],
  "runs a kernel of its own": [
    (x) => tf.engine().runKernel("OwnKernel", { x }) as tf.Tensor,
    "graph models have no counterpart of the kernel OwnKernel",
  ],
  "computes a gradient": [
    (x) => tf.grad((y: tf.Tensor) => tf.sum(tf.elu(y)))(x),
    "graph models have no counterpart of the kernel EluGrad",
  ],
  "goes through the batch": [
    (x) => tf.stack(tf.unstack(x).map((row, i) => tf.mul(row, i))),
    "it runs other kernels for inputs of other sizes",
  ],
  "is otherwise for a large batch": [
    (x) => (x.shape[0]! > 4 ? tf.neg(x) : tf.abs(x)),
    "it runs other kernels for inputs of other sizes",
  ],
  "numbers more than the batch in JavaScript": [
    (x) =>
      tf.add(
        x,
        tf.tensor3d(
          Array.from({ length: x.shape[0]! * 6 }, (_, i) => i),
          [x.shape[0]!, 1, 6],
        ),
      ),
    "it makes a tensor in JavaScript that depends on the sizes of its inputs",
  ],
  "looks at a few of the batch": [
    (x) => tf.add(x, tf.sum(tf.slice(x, [0, 0, 0], [Math.min(x.shape[0]!, 5), 4, 6]), 0, true)),
    "kernel Slice: a size depends on the sizes of the inputs in no simple way",
  ],
  "divides by a function of the batch": [
    (x) => tf.div(x, tf.scalar(Math.sqrt(x.shape[0]!))),
    "it computes a number in JavaScript from the sizes of its inputs",
  ],
  "makes a tensor that depends on the batch": [
    (x) =>
      tf.add(
        x,
        tf.tensor3d(
          Array.from({ length: x.shape[0]! }, (_, i) => i * i),
          [x.shape[0]!, 1, 1],
        ),
      ),
    "it makes a tensor in JavaScript that depends on the sizes of its inputs",
  ],
  "has an attribute that is a function of the batch": [
    (x) => tf.leakyRelu(x, 1 / x.shape[0]!),
    "kernel LeakyRelu: its attribute 'alpha' depends on the sizes of the inputs, which a graph's node cannot",
  ],
  "pads by a square of the batch": [
    (x) => tf.slice(tf.concat([x, tf.zeros([x.shape[0]! ** 2, 4, 6])]), [0, 0, 0], x.shape),
    "a size depends on the sizes of the inputs in no simple way",
  ],
  "keeps a tensor that depends on its inputs": [
    (x) => {
      kept = tf.keep(tf.neg(x));
      return tf.add(x, kept);
    },
    "it keeps a tensor that it computes from its inputs, so that it depends on earlier calls",
  ],
  "makes texts": [
    (x) => {
      tf.tensor(["a"]);
      return tf.neg(x);
    },
    "texts have no counterpart in graph models",
  ],
  "throws an error of its own": [
    () => {
      throw new Error("no such head");
    },
    "no such head",
  ],
};

describe("toGraphModel refuses, by the layer's name, one that", () => {
  const before = { tensors: 0, backends: "" };
  const state = () => Object.keys(tf.engine().registryFactory).join();
  beforeAll(() => startBackend("cpu"));
  beforeEach(() => {
    before.tensors = tf.memory().numTensors;
    before.backends = state();
  });
  afterEach(() => {
    expect(tf.getBackend()).toBe("cpu");
    expect(state()).toBe(before.backends);
    expect(tf.getKernelsForBackend("tfjs-to-graph")).toEqual([]);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  test.each(Object.entries(REFUSED))("%s", async (_, [call, reason]) => {
    const model = modelOf(call);
    const tensors = tf.memory().numTensors;
    const { apply } = tfl.layers.Layer.prototype;
    await expect(toGraphModel(model)).rejects.toThrow(WHO + reason);
    kept?.dispose();
    kept = undefined;
    expect(tf.memory().numTensors).toBe(tensors);
    expect(tfl.layers.Layer.prototype.apply).toBe(apply);
  });

  test("changes a weight in inference, and leaves the weight as it was", async () => {
    const count = tf.variable(tf.scalar(1));
    const model = modelOf((x) => {
      count.assign(tf.add(count, 1));
      return tf.mul(x, count);
    });
    await expect(toGraphModel(model)).rejects.toThrow(`${WHO}it changes a weight in inference`);
    expect(count.dataSync()[0]).toBe(1);
    count.assign(tf.scalar(5)); // as ever
    expect(count.dataSync()[0]).toBe(5);
  });

  test("takes other sizes only than it is tried with, and names these", async () => {
    const x = tfl.input({ shape: [null, 4] }) as tfl.SymbolicTensor;
    const rows = after(x, tfl.layers.reshape({ targetShape: [-1, 8], name: "pairs" }));
    await expect(toGraphModel(rows)).rejects.toThrow(
      /^toGraphModel: layer 'pairs' of class Reshape cannot be converted: .+ \(for inputs of \[2,101,4\]\)$/,
    );
  });

  test("has been disposed", async () => {
    const model = after(tfl.input({ shape: [3] }), tfl.layers.dense({ units: 2, name: "gone" }));
    model.dispose();
    await expect(toGraphModel(model)).rejects.toThrow(
      /^toGraphModel: the model cannot be converted: .*disposed/,
    );
  });

  test("is stateful", async () => {
    const recurrent = { recurrentInitializer: "glorotNormal", stateful: true } as const;
    const x = tfl.input({ batchShape: [2, 3, 4] });
    const model = after(x, tfl.layers.lstm({ units: 2, ...recurrent, name: "memory" }));
    await expect(toGraphModel(model)).rejects.toThrow(
      "toGraphModel: layer 'memory' of class LSTM cannot be converted: it is stateful: what it returns depends on earlier calls",
    );
  });
});

describe("toGraphModel carries a layer of a user's own that", () => {
  beforeAll(() => startBackend("cpu"));

  test.each(Object.entries(CARRIED))("%s", async (_, call) => {
    const model = modelOf(call);
    const graph = await graphOf(model);
    for (const batch of [1, 2, 5])
      expect(difference(model, graph, inputsOf(model, batch))).toBeLessThan(1e-6);
  });

  test("keeps constants from its first call on, which serve it afterwards", async () => {
    const cache = new Map<string, tf.Tensor>();
    const weight = tf.variable(tf.scalar(3));
    const model = modelOf((x) => {
      if (!cache.has("computed")) cache.set("computed", tf.keep(tf.mul(tf.range(0, 6), weight)));
      if (!cache.has("made")) cache.set("made", tf.keep(tf.scalar(2)));
      return tf.add(tf.mul(x, cache.get("made")!), cache.get("computed")!);
    });
    const graph = await graphOf(model);
    expect([...cache.get("computed")!.dataSync()]).toEqual([0, 3, 6, 9, 12, 15]);
    expect(difference(model, graph, inputsOf(model, 3))).toBeLessThan(1e-6);
    const { numTensors } = tf.memory();
    for (const tensor of cache.values()) tensor.dispose();
    expect(tf.memory().numTensors).toBe(numTensors - 2);
  });

  test("normalizes over another axis than the last, where tfjs' own kernels are wrong", async () => {
    const layer = tfl.layers.batchNormalization({ axis: 1, epsilon: 1e-3 });
    const model = after(tfl.input({ shape: [2, 3] }), layer);
    const [gamma, beta, mean, variance] = [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ];
    layer.setWeights([gamma, beta, mean, variance].map((of) => tf.tensor1d(of!)));
    const x = tf.tensor3d([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
    const expected = [1, 2, 3, 4, 5, 6].map((value, i) => {
      const row = i < 3 ? 0 : 1;
      return ((value - mean![row]!) / Math.sqrt(variance![row]! + 1e-3)) * gamma![row]! + beta![row]!;
    });
    const ours = ((await graphOf(model)).predict(x) as tf.Tensor).dataSync();
    for (const [i, value] of expected.entries()) expect(ours[i]).toBeCloseTo(value, 5);
  });
});

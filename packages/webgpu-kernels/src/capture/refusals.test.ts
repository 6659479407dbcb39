import * as tf from "@tensorflow/tfjs-core";
import { stepRecorder } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { AdamW } from "tfjs-optim";
import { describe, expect, test } from "vitest";
import { captureStep } from "./capture-step.ts";

const missing = await startWebGpu();
const INPUTS = { x: { shape: [2] } } as const;

/** What capturing `step` says. */
async function refusalOf(step: (x: tf.Tensor) => Record<string, tf.Tensor>): Promise<string> {
  const before = tf.memory().numTensors;
  const error = await captureStep(({ x }) => step(x), { inputs: INPUTS }).catch((reason: Error) => reason);
  expect(tf.memory().numTensors).toBe(before);
  if (!(error instanceof Error)) throw new Error("expected a refusal");
  return error.message;
}

describe.skipIf(missing)(`captureStep refuses${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("a tensor that is neither input nor variable, on the GPU or still on the host, until it is listed", async () => {
    const onGpu = tf.add(tf.tensor1d([1, 2]), 1);
    await onGpu.data();
    const onHost = tf.tensor1d([3, 4]);
    for (const other of [onGpu, onHost]) {
      const message = await refusalOf((x) => ({ y: tf.mul(x, other) }));
      expect(message).toContain("the step reads a tensor, float32 [2]");
      expect(message).toContain("neither an input nor a variable");
    }
    expect(await refusalOf((x) => ({ y: tf.add(x, tf.mul(onHost, 2)) }))).toContain("neither an input nor");
    expect(await refusalOf(() => ({ y: onGpu }))).toContain("the output 'y' reads a tensor, float32 [2]");
    const step = await captureStep(({ x }) => ({ y: tf.mul(x, tf.add(onGpu, onHost)) }), {
      inputs: INPUTS,
      reads: [onGpu, onHost],
    });
    tf.dispose([onGpu, onHost]);
    expect([...(await step.run({ x: Float32Array.of(1, 10) })).y!]).toEqual([5, 70]);
    step.dispose();
  });

  test("numbers of the host that are of one run", async () => {
    const what = "makes a tensor of numbers of the host, float32 [2]";
    expect(await refusalOf((x) => ({ y: tf.mul(x, tf.tensor1d([1, 2])) }))).toContain(what);
    let calls = 0;
    const again = await refusalOf((x) => ({ y: tf.mul(x, tf.scalar(calls++)) }));
    expect(again).toContain("operation 1, BinaryOpProgram, had another constant of the host");
    const uniform = await refusalOf((x) => ({ y: tf.slice(tf.concat([x, x]), calls++ % 2, 2) }));
    expect(uniform).toContain("had other numbers of the host");
    const longer = await refusalOf((x) => ({
      y: calls++ % 2 === 0 ? tf.add(x, 1) : tf.square(tf.add(x, 1)),
    }));
    expect(longer).toMatch(/one operation more|was missing/);
  });

  test("numbers of the host that are said to stay, only where they do not", async () => {
    const before = tf.memory().numTensors;
    const constant = (...values: number[]) => stepRecorder()!.constant(values, [2]);
    const step = await captureStep(
      ({ x }) => ({ y: tf.add(tf.mul(x, constant(1, 2)), tf.mul(constant(1, 3), constant(1, 3))) }),
      { inputs: INPUTS },
    );
    expect(tf.memory().numTensors).toBe(before);
    expect([...(await step.run({ x: Float32Array.of(1, 10) })).y!]).toEqual([2, 29]);
    step.dispose();
    let calls = 0;
    expect(await refusalOf((x) => ({ y: tf.mul(x, constant(1, calls++)) }))).toContain(
      "operation 1, BinaryOpProgram, had another constant of the host",
    );
  });

  test("reads, also where the step catches the error or does not wait", async () => {
    const what = "the step reads a tensor back, float32 [2] by";
    expect(await refusalOf((x) => ({ y: tf.mul(x, tf.square(x).dataSync()[0]!) }))).toContain(what);
    const caught = await refusalOf((x) => {
      void tf.square(x).data();
      return { y: x };
    });
    expect(caught).toContain(`${what} data()`);
    expect(await refusalOf((async () => ({})) as never)).toContain("must not be async");
    expect(await refusalOf((() => tf.scalar(1)) as never)).toContain("must return tensors by name");
  });

  test("tensors that outlive the step, and optimizers that compute on the host", async () => {
    const kept: tf.Tensor[] = [];
    const error = await captureStep(
      ({ x }) => {
        kept.push(tf.keep(tf.square(x)));
        return {};
      },
      { inputs: INPUTS },
    ).catch((reason: Error) => reason);
    expect(String(error)).toContain("the step keeps a tensor that it made, float32 [2]");
    tf.dispose(kept);
    const w = tf.variable(tf.tensor1d([1, 2]));
    const adam = tf.train.adam(0.1);
    const update = (x: tf.Tensor) => {
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(w, x)) as tf.Scalar, [w]);
      adam.applyGradients(grads as never);
      return {};
    };
    tf.tidy(() => update(tf.ones([2]))); // makes the moments
    const expected = await w.data();
    const message = await refusalOf(update);
    expect(message).toContain("Adam computes its rate on the host and counts its steps there");
    expect([...(await w.data())]).toEqual([...expected]);
    expect(adam.iterations).toBe(1);
    adam.dispose();
    w.dispose();
  });

  test("what comes late, and frees what was kept for the backward pass until then", async () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const optimizer = new AdamW({ learningRate: 0.1 });
    const onHost = () => tf.tensor1d([1, 2]);
    const gradients = (loss: (x: tf.Tensor) => tf.Tensor) =>
      tf.variableGrads(() => tf.sum(loss(w)) as tf.Scalar, [w]);
    const message = "makes a tensor of numbers of the host";
    expect(
      await refusalOf(() => ({ loss: gradients((x) => tf.mul(tf.square(tf.exp(x)), onHost())).value })),
    ).toContain(message);
    tf.dispose((await optimizer.getWeights())[0]!.tensor);
    const before = tf.memory().numTensors;
    await refusalOf(() => {
      optimizer.applyGradients(gradients(tf.exp).grads);
      return { y: tf.mul(w, onHost()) };
    }).catch(() => {}); // the moments, which it has made for good
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect([...(await w.data())]).toEqual([1, 2]);
    const { refCount } = tf.backend() as unknown as { refCount(dataId: object): number };
    expect(refCount.call(tf.backend(), w.dataId)).toBe(1);
    w.dispose();
  });

  test("inputs and options that do not fit", async () => {
    const step = await captureStep(({ x }) => ({ y: tf.square(x) }), { inputs: INPUTS });
    const run = (inputs: object) => step.run(inputs as never);
    await expect(run({})).rejects.toThrow("the input 'x' must be a Float32Array of 2 numbers, got undefined");
    await expect(run({ x: new Float32Array(3) })).rejects.toThrow("of 2 numbers, got Float32Array of 3");
    await expect(run({ x: new Int32Array(2) })).rejects.toThrow("got Int32Array of 2");
    await expect(run({ x: new Float32Array(2), z: 1 })).rejects.toThrow("expected the inputs x, got 'z'");
    step.dispose();
    step.dispose();
    await expect(run({ x: new Float32Array(2) })).rejects.toThrow("the step was disposed");
    const wrong = captureStep(() => ({}), { inputs: { x: { shape: [1.5] } } });
    await expect(wrong).rejects.toThrow("the input 'x' must be { shape");
    await expect(captureStep(() => ({}), { input: {} } as never)).rejects.toThrow("input");
  });
});

describe.skipIf(missing)("a captured step's state", () => {
  test("is the variables': assigned, cloned, averaged, disposed between runs", async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const step = await captureStep(
      ({ x }) => {
        w.assign(tf.add(w, x));
        return { w: tf.mul(w, 1) };
      },
      { inputs: INPUTS },
    );
    const x = Float32Array.of(1, 1);
    expect([...(await step.run({ x })).w!]).toEqual([2, 3]);
    const snapshot = tf.clone(w);
    expect([...(await step.run({ x })).w!]).toEqual([3, 4]);
    expect([...(await w.data())]).toEqual([3, 4]);
    expect([...(await snapshot.data())]).toEqual([2, 3]);
    const own = tf.clone(w);
    w.assign(tf.tensor1d([10, 20]));
    expect([...(await step.run({ x })).w!]).toEqual([11, 21]);
    w.assign(own as tf.Tensor1D);
    expect([...(await step.run({ x })).w!]).toEqual([4, 5]);
    expect([...(await own.data())]).toEqual([3, 4]);
    const pending = [step.run({ x }), step.run({ x })]; // the second does not wait for the first
    expect((await Promise.all(pending)).map((outputs) => outputs.w![0])).toEqual([5, 6]);
    tf.dispose([snapshot, own]);
    w.dispose();
    await expect(step.run({ x })).rejects.toThrow("was disposed");
    step.dispose();
  });

  test("is the optimizer's: weights that are set, and steps without capture in between", async () => {
    const train = async (captured: boolean) => {
      const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
      const optimizer = new AdamW({ learningRate: 0.1 });
      const take = (x: tf.Tensor) => {
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.sub(w, x))) as tf.Scalar, [w]);
        optimizer.applyGradients(grads);
        return { loss: value };
      };
      const eager = async (x: Float32Array) => void tf.dispose(tf.tidy(() => take(tf.tensor1d(x))));
      const step = captured && (await captureStep((inputs) => take(inputs.x), { inputs: INPUTS }));
      const run = (x: Float32Array) => (step ? step.run({ x }) : eager(x));
      await run(Float32Array.of(3, 4));
      await eager(Float32Array.of(-1, 4));
      await run(Float32Array.of(3, 5));
      const saved = await optimizer.getWeights();
      const copies = saved.map(({ name, tensor }) => ({ name, tensor: tf.clone(tensor) }));
      await run(Float32Array.of(0, 0));
      await optimizer.setWeights(copies);
      await run(Float32Array.of(7, 8));
      const values = [...(await w.data())];
      if (step) step.dispose();
      optimizer.dispose();
      tf.dispose([w, saved[0]!.tensor, ...copies.map(({ tensor }) => tensor)]);
      return values;
    };
    const before = tf.memory().numTensors;
    expect(await train(true)).toEqual(await train(false));
    expect(tf.memory().numTensors).toBe(before);
  });
});

import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { recordStep } from "../record/recording.ts";
import { backendToRecord } from "../recorded-backend.ts";
import { bindStorages } from "./bind-storages.ts";
import { allocate } from "./buffers.ts";

const missing = await startWebGpu();
const X = { x: { shape: [2] } } as const;

async function bound(step: (x: tf.Tensor) => Record<string, tf.Tensor>, meanwhile = () => {}) {
  const backend = backendToRecord("test");
  const recording = recordStep(backend, ({ x }) => step(x!), X, []);
  meanwhile();
  const buffers = await allocate(backend, recording);
  try {
    const { bufferOf, states, copies } = bindStorages(backend, recording, buffers, []);
    for (const { state } of states) state.dispose();
    return { recording, bufferOf, states, copies };
  } finally {
    buffers.dispose();
  }
}

describe.skipIf(missing)(`storages are bound${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("to a variable's own buffer where the step only writes it, else its new numbers are copied", async () => {
    const w = tf.variable(tf.zeros([2]));
    const inPlace = await bound((x) => {
      w.assign(tf.mul(x, 2));
      return {};
    });
    const [{ state, changes }] = inPlace.states as [(typeof inPlace.states)[0]];
    expect(inPlace.copies).toEqual([]);
    expect(changes).toBe(true);
    const { storages } = inPlace.recording.operations.at(-1)!;
    expect(storages.map(inPlace.bufferOf)).toContain(state.buffer);

    const copied = await bound((x) => {
      w.assign(tf.add(w, x));
      return {};
    });
    expect(copied.copies.map(({ to, bytes }) => [to === copied.states[0]!.state.buffer, bytes])).toEqual([
      [true, 8],
    ]);
    const read = await bound((x) => ({ y: tf.mul(x, w) }));
    expect([read.copies.length, read.states.map((each) => each.changes)]).toEqual([0, [false]]);
    w.dispose();
  });

  test("or not at all if a variable was disposed meanwhile: no other is kept then", async () => {
    const [v, w] = [tf.variable(tf.ones([2])), tf.variable(tf.zeros([2]), true, "gone")];
    const before = tf.memory().numTensors;
    const failing = bound(
      (x) => ({ y: tf.add(tf.mul(x, v), w) }),
      () => w.dispose(),
    );
    await expect(failing).rejects.toThrow("captureStep: the variable 'gone' was disposed");
    expect(tf.memory().numTensors).toBe(before - 1);
    v.dispose();
  });
});

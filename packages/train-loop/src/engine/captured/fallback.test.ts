// What cannot be captured runs as it is, with one warning a run, and what must not happen does not.
import * as tf from "@tensorflow/tfjs-core";
import type { StepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { clipByGlobalNorm } from "tfjs-optim";
import { afterEach, describe, expect, test, vi } from "vitest";
import { stripes } from "../../checkpoint/test-data.ts";
import { bitsOfAll, capturing, type Options, resultOf, training } from "./test-data.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`fit falls back${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());
  const told = () => warn.mock.calls.map(([message]) => String(message));

  test.each<[string, Options, string]>([
    [
      "an optimizer that cannot be recorded",
      { optimizer: () => tf.train.adam(1e-3) },
      "the steps of Adam cannot be recorded",
    ],
    [
      "a task that may depend on the step",
      { change: ({ dependsOnStep: _, ...task }) => task },
      "the task may depend on the step",
    ],
    [
      "a transform of gradients that may change",
      { transform: { name: "mine", apply: (gradients) => clipByGlobalNorm(0.5).apply(gradients) } },
      "the gradient transform 'mine' does not say that it can be recorded (isRecordable)",
    ],
    [
      "numbers of the host in a loss",
      {
        change: (task) => ({
          ...task,
          train: (prepared, sampleKeys, step) => {
            const outcome = task.train(prepared, sampleKeys, step);
            const factor = tf.sum(tf.tensor1d([0.5, 0.25]));
            return { ...outcome, loss: tf.mul(outcome.loss, factor) as tf.Scalar };
          },
        }),
      },
      "captureStep: the step makes a tensor of numbers of the host, float32 [2]",
    ],
  ])(
    "to the same bits: %s",
    async (_, options, reason) => {
      const actual = await resultOf(training(options), { epochs: 1 });
      expect(told()).toEqual([expect.stringMatching(/^fit: not all of a step is captured: /)]);
      expect(told()[0]).toContain(reason);
      expect(actual).toEqual(await resultOf(training(options), { epochs: 1, capture: false }));
      expect(told().length).toBe(1);
    },
    240_000,
  );

  test("where the device has no memory, whenever that is", async () => {
    const plain = await resultOf(training(), { capture: false });
    for (const most of [0, 3]) {
      warn.mockClear();
      let captured = 0;
      const failing =
        (own: StepCapture): StepCapture =>
        async (...given) => {
          if (captured === most)
            throw new Error("captureStep: the step needs 1 bytes, and the device refused them");
          captured += 1;
          return own(...given);
        };
      expect(await capturing(failing, () => resultOf(training()))).toEqual(plain);
      expect(told()).toEqual([
        "fit: not all of a step is captured: captureStep: the step needs 1 bytes, and the device refused them",
      ]);
    }
  }, 240_000);

  test("takes no step with a number that is not finite, and says where, as it does without", async () => {
    const messages: string[] = [];
    const weights: string[] = [];
    for (const capture of [true, false]) {
      for (const what of ["teacher", "image"]) {
        let calls = 0;
        const broken = training({
          changeTeacher: (teacher) => ({
            classes: 3,
            logits: async (images, views) => {
              const logits = await teacher.logits(images, views);
              if (what !== "teacher" || ++calls !== 11) return logits; // the second micro-batch of the fourth batch
              return tf.tidy(() => {
                const nan = tf.mul(logits, tf.tensor2d([[1], [Number.NaN]]));
                logits.dispose();
                return nan as tf.Tensor2D;
              });
            },
          }),
          change: (task) => ({
            ...task,
            prepare: async (batch, isTraining, step) => {
              const prepared = await task.prepare(batch, isTraining, step);
              if (what === "teacher" || step !== 2) return prepared;
              const inputs = tf.mul(prepared.inputs, Number.NaN);
              prepared.inputs.dispose();
              return { ...prepared, inputs };
            },
          }),
        });
        const error = await broken.run({ capture, validationData: stripes(3, 3, 1) }).catch((e: Error) => e);
        messages.push((error as Error).message.replace(/_\d+'/, "'")); // tfjs numbers variables
        weights.push(await bitsOfAll(broken));
        broken.dispose();
      }
    }
    expect(messages[0]).toContain(
      "the teacher's logits must be finite, got NaN or an infinity in row 3 of the batch",
    );
    expect(messages[1]).toContain("fit: the loss must be finite, got NaN");
    expect(messages.slice(2)).toEqual(messages.slice(0, 2));
    expect(weights.slice(2)).toEqual(weights.slice(0, 2));
  }, 240_000);
});

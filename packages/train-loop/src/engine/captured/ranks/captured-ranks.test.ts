// Ranks that capture their steps, against the same ranks as they are, on WebGPU: here in one thread.
import * as tf from "@tensorflow/tfjs-core";
import type { StepCapture } from "kernel-contract";
import { errorOverLargest } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ranksHere } from "../../../communicator/test-data.ts";
import type { FitOptions } from "../../../index.ts";
import { capturing, type Options, resultOf, training } from "../test-data.ts";

const missing = await startWebGpu();

/** What comes of a training on each of `size` ranks. */
function onRanks(size: number, options?: Options, more?: Partial<FitOptions>) {
  const { hub, spokes } = ranksHere(size - 1);
  return Promise.all(
    [hub, ...spokes].map((communicator) => resultOf(training(options), { ...more, communicator })),
  );
}

describe.skipIf(missing)(`ranks${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());
  const told = () => warn.mock.calls.map(([message]) => String(message));

  // 5 rows are 3 and 2 for two ranks, and 2, 2, 1 and none for four; all but the first time is captured.
  test.each([
    [2, 2 * 7],
    [4, 2 * 7 + 5],
  ])(
    "capture their steps to the bits that they have without: %i of them",
    async (size, reads) => {
      const before = tf.memory().numTensors;
      const runs: Record<string, number> = {};
      const counted =
        (own: StepCapture): StepCapture =>
        async (...given) => {
          const program = await own(...given);
          const inputs = Object.keys(given[1].inputs);
          const kind = inputs.length === 0 ? "update or read" : inputs.length === 1 ? inputs[0]! : "pass";
          return {
            ...program,
            run: (values) => {
              runs[kind] = (runs[kind] ?? 0) + 1;
              return program.run(values);
            },
            runToTensors: (values) => program.runToTensors(values),
            dispose: () => program.dispose(),
          };
        };
      const actual = await capturing(counted, () => onRanks(size));
      expect(tf.memory().numTensors).toBe(before);
      expect(told()).toEqual([]);
      const plain = await onRanks(size, {}, { capture: false });
      expect(actual).toEqual(plain);
      for (const { bits, moments } of actual)
        expect({ bits, moments }).toEqual({ bits: actual[0]!.bits, moments: actual[0]!.moments });
      expect(runs).toMatchObject({ row: size * 7, "update or read": size * 7 + reads });
      const alone = await resultOf(training());
      alone.moments.forEach((moment, i) => {
        expect(errorOverLargest(actual[0]!.moments[i]!, moment)).toBeLessThan(1e-4);
      });
    },
    240_000,
  );

  test("sum zeros for variables that a step's loss is not of, not what an earlier step had", async () => {
    const options: Options = {
      change: (task) => ({
        ...task,
        dependsOnStep: true,
        train: (prepared, sampleKeys, step) => {
          const outcome = task.train(prepared, sampleKeys, step);
          if (step !== 1) return outcome;
          const bias = task.variables.at(-1)!; // three zeros, which a first step has hardly moved
          return { ...outcome, loss: tf.mean(tf.square(tf.add(bias, 1))) as tf.Scalar };
        },
      }),
    };
    const actual = await onRanks(2, options, { epochs: 1 });
    expect(told()).toEqual(Array(2).fill(expect.stringContaining("the task may depend on the step")));
    const { gradientNorm } = actual[0]!.steps[1] as { gradientNorm: number };
    expect(gradientNorm).toBeCloseTo(2 / Math.sqrt(3), 5);
    expect(actual).toEqual(await onRanks(2, options, { epochs: 1, capture: false }));
  }, 240_000);

  test("fall back, each on its own, to the same bits", async () => {
    const failing =
      (own: StepCapture): StepCapture =>
      async (step, options) => {
        if ("row" in options.inputs)
          throw new Error("captureStep: the step needs 1 bytes, and the device refused them");
        return own(step, options);
      };
    const actual = await capturing(failing, () => onRanks(2, {}, { epochs: 1 }));
    expect(told()).toEqual(
      Array(2).fill(
        "fit: not all of a step is captured: captureStep: the step needs 1 bytes, and the device refused them",
      ),
    );
    expect(actual).toEqual(await onRanks(2, {}, { epochs: 1, capture: false }));
  }, 240_000);
});

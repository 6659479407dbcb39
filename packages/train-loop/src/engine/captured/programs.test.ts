import * as tf from "@tensorflow/tfjs-core";
import { stepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { Programs } from "./programs.ts";

const missing = await startWebGpu();
const twice = ({ x }: Readonly<Record<string, tf.Tensor>>) => ({ y: tf.mul(x!, 2) });

describe.skipIf(missing)(`programs${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("are captured when they come again, and the oldest are freed", async () => {
    const live = new Set<number>();
    let count = 0;
    const programs = new Programs(
      async (step, options) => {
        const program = await stepCapture()!(step, options);
        const id = count++;
        live.add(id);
        return {
          run: (inputs) => program.run(inputs),
          runToTensors: (inputs) => program.runToTensors(inputs),
          dispose: () => {
            live.delete(id);
            program.dispose();
          },
        };
      },
      (reason) => expect.fail(reason),
    );
    const find = (size: number) => programs.find("forward", "twice", { x: { shape: [size] } }, twice);
    for (let size = 1; size <= 14; size++) expect(await find(size)).toBeUndefined();
    for (let size = 1; size <= 12; size++) {
      const program = await find(size);
      expect((await program!.run({ x: new Float32Array(size).fill(3) })).y![size - 1]).toBe(6);
    }
    expect(await find(1)).toBe(await find(1));
    await find(13);
    await find(14);
    expect([...live]).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    programs.dispose();
    expect(live.size).toBe(0);
  });

  test("of a kind that cannot be captured are freed, and not tried again", async () => {
    const reasons: string[] = [];
    const programs = new Programs(stepCapture()!, (reason) => reasons.push(reason));
    const specs = { x: { shape: [2] } };
    const broken = ({ x }: Readonly<Record<string, tf.Tensor>>) => ({ y: tf.mul(x!, tf.tensor1d([1, 2])) });
    for (let i = 0; i < 3; i++) await programs.find("update", "a", specs, twice);
    for (let i = 0; i < 3; i++) expect(await programs.find("update", "b", specs, broken)).toBeUndefined();
    expect(await programs.find("update", "a", specs, twice)).toBeUndefined();
    for (let i = 0; i < 2; i++) await programs.find("forward", "a", specs, twice);
    expect(await programs.find("forward", "a", specs, twice)).toBeDefined();
    expect(reasons).toEqual([expect.stringContaining("makes a tensor of numbers of the host")]);
    programs.dispose();
  });

  test("are others where what captures computes otherwise", async () => {
    let setting = "float32";
    const programs = new Programs(
      Object.assign(stepCapture()!.bind(undefined), { setting: () => setting }),
      (reason) => expect.fail(reason),
    );
    const find = () => programs.find("forward", "twice", { x: { shape: [2] } }, twice);
    expect(await find()).toBeUndefined();
    const first = await find();
    expect(await find()).toBe(first);
    setting = "mixed_float16";
    expect(await find()).toBeUndefined();
    expect(await find()).not.toBe(first);
    setting = "float32";
    expect(await find()).toBe(first);
    programs.dispose();
  });
});

import { errorOverLargest } from "test-kit";
import { startBackend } from "tfjs-backends";
import { variablesOf } from "tfjs-optim";
import { fit } from "train-loop";
import { expect, test } from "vitest";
import { hinted, stripes } from "./test-data.ts";

test("replicas train students and projections as one thread does", async () => {
  await startBackend("wasm");
  const setup = { module: new URL("./test-data.ts", import.meta.url), data: "wasm" };
  const train = async (replicas: number) => {
    const { student, hints, task, optimizer, dispose } = hinted();
    const { history } = await fit(task, optimizer, stripes(), {
      epochs: 3,
      microBatchSize: 2,
      replicas,
      setup,
    });
    const values = [...variablesOf(student), ...hints.variables].map((x) =>
      (x.dataSync() as Float32Array).slice(),
    );
    dispose();
    return { values, loss: history.hint_loss as number[] };
  };
  const [one, two] = [await train(1), await train(2)];
  two.loss.forEach((loss, i) => void expect(loss).toBeCloseTo(one.loss[i]!, 4));
  const errors = two.values.map((values, i) => errorOverLargest(values, one.values[i]!));
  expect(Math.max(...errors)).toBeLessThan(1e-5);
}, 60_000);

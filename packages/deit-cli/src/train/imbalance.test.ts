import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { resumeSettings } from "../settings/resolve-settings.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

const OPTIONS = {
  ...{ preset: "tiny", name: "run", backend: "wasm", students: "alone", count: 60 },
  ...{ epochs: 3, bceThreshold: 0.1, classWeights: "roses=2,daisy=0.5", sampling: "balanced" },
};

test("losses, class weights and sampling are settings of a run, which ends with the same bits, stopped or on replicas", async () => {
  const out = await emptyFolder();
  const { models } = await run(settingsOf({ ...OPTIONS, out }), recorder());
  const { recipe } = JSON.parse(await readFile(join(out, "run", "settings.json"), "utf8"));
  expect(recipe.loss).toEqual({ kind: "bce", targetThreshold: 0.1 });
  expect(recipe.classWeights).toEqual([
    { name: "roses", weight: 2 },
    { name: "daisy", weight: 0.5 },
  ]);
  expect(recipe.images.sampling).toBe("balanced");

  const again = await emptyFolder();
  const folder = join(again, "run");
  const stop = new AbortController();
  const stopping = {
    write: (text: string) => void (text.includes("epoch 1/3") && stop.abort(new Interrupted("stop"))),
  };
  const stopped = settingsOf({ ...OPTIONS, out: again, replicas: 2 });
  await expect(run(stopped, stopping, stop.signal)).rejects.toThrow(Interrupted);
  const resumed = await run(resumeSettings(savedSettings(folder), editsOf({ resume: folder })), recorder());
  resumed.models[0]!.history.loss!.forEach((loss, epoch) => {
    expect(loss).toBeCloseTo(models[0]!.history.loss![epoch]!, 4);
  });
  const plain = await run(
    settingsOf({ ...OPTIONS, bceThreshold: undefined, out: await emptyFolder() }),
    recorder(),
  );
  expect(plain.models[0]!.history.loss![0]).not.toBeCloseTo(models[0]!.history.loss![0]!, 3);
});

test.each([
  [{ loss: "bce", focalGamma: 2 }, "--focal-gamma: expected --loss focal with it, got --loss bce"],
  [{ loss: "hinge" }, "--loss: expected one of cross-entropy, bce, focal, got 'hinge'"],
  [{ focalGamma: -1 }, "gamma must be a finite number >= 0, got -1"],
  [{ classWeights: "rose:2" }, "--class-weights: expected balanced, or class=weight, …, got 'rose:2'"],
  [{ classWeights: "a=1,a=2" }, "classWeights must name each class once, got 'a' twice"],
  [{ sampling: "uniform" }, '--sampling: recipe.images.sampling must be "balanced", got'],
  [
    { sampling: "balanced", labels: "10%" },
    "--sampling: expected pictures that all have a label, got --labels",
  ],
])("%j is refused: %s", (options, message) => {
  expect(() => settingsOf({ preset: "tiny", ...options })).toThrow(message);
});

test("a weight of no class of the data is refused before anything is trained", async () => {
  const settings = settingsOf({ ...OPTIONS, classWeights: "rose=2", out: await emptyFolder() });
  await expect(run(settings, recorder())).rejects.toThrow(
    "--class-weights: recipe.classWeights must be of the data's classes (dandelion, daisy, tulips, sunflowers, roses), got 'rose'",
  );
});

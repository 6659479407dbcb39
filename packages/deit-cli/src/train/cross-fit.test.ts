import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { bit, bitSizes } from "bit-teacher";
import { stratifiedFolds } from "image-source/node";
import { saveModel } from "named-weights/node";
import { openClassifier } from "open-classifier";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { openData } from "../data/open-data.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { crossFitFolder } from "../runs/stages.ts";
import { resumeSettings } from "../settings/resolve-settings.ts";
import { studentViews } from "../student/student-views.ts";
import { withCrossFit } from "../teacher/cross-fit.ts";
import { teacherOf } from "../teacher/teacher-of.ts";
import { withTrainingImages } from "../training/image-sources.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

const CROSS = {
  ...{ preset: "tiny", name: "run", students: "distilled", count: 60, backend: "wasm" },
  ...{ crossFit: 2, viewEpochs: 1, alpha: 1, distillation: "soft", temperature: 2 },
} as const;

describe("--cross-fit", () => {
  test.each([undefined, "50%"])(
    "each picture's answer is that of the teacher that was trained without it, with labels of %s",
    async (labels) => {
      await startBackend("wasm");
      const folder = await emptyFolder();
      const settings = settingsOf({ ...CROSS, crossFit: 3, out: folder, labels });
      const output = recorder();
      const data = await openData(settings, output);
      const context = { settings, data, output, folder, onSkip: () => {} };
      const { train, labeled, classNames } = data;
      const folds = stratifiedFolds(labeled.keys, labeled.labels, { folds: 3, seed: settings.run.seed });
      const compared = await withTrainingImages(context, studentViews(settings, 24), (source) =>
        withCrossFit(context, source, async (teacher) => {
          const teachers = await Promise.all(
            folds.map((_, fold) =>
              openClassifier(join(crossFitFolder(folder), `teacher-${fold + 1}`)).then((model) =>
                teacherOf(model, classNames),
              ),
            ),
          );
          let rows = 0;
          for await (const { images, shape, indices, viewKeys } of source.batches(0)) {
            const x = tf.tensor(images, [...shape]);
            const given = await (await teacher.logits(x, { viewKeys })).array();
            const all = await Promise.all(teachers.map(async (one) => (await one.logits(x)).array()));
            for (const [row, index] of indices.entries()) {
              const place = labeled.keys.indexOf(train.keys[index]!); // -1: without a label, which no teacher has seen
              const fold =
                place < 0 ? index % 3 : folds.findIndex(({ validation }) => validation.includes(place));
              expect(folds[fold]!.train).not.toContain(place);
              given[row]!.forEach((logit, i) => void expect(logit).toBeCloseTo(all[fold]![row]![i]!, 4));
              const other = all[(fold + 1) % 3]![row]!;
              expect(Math.max(...given[row]!.map((logit, i) => Math.abs(logit - other[i]!)))).toBeGreaterThan(
                1e-3,
              );
              rows++;
            }
          }
          return rows;
        }),
      );
      expect(compared).toBe(train.size);
      expect(output.text()).toContain("teacher 3 of 3  epoch 2/2");
    },
  );

  test("teaches the student the same with two threads, and after a stop", async () => {
    const train = async (options: object, stopped = false) => {
      const out = await emptyFolder();
      const folder = join(out, "run");
      const settings = settingsOf({ ...CROSS, ...options, out });
      const output = recorder();
      let result: Awaited<ReturnType<typeof run>>;
      if (stopped) {
        const stop = new AbortController();
        const first = join(crossFitFolder(folder), "teacher-1", "model.json");
        const watcher = setInterval(() => {
          if (existsSync(first)) stop.abort(new Interrupted("stopped"));
        }, 5);
        await expect(run(settings, output, stop.signal)).rejects.toThrow("stopped and saved");
        clearInterval(watcher);
        result = await run(resumeSettings(savedSettings(folder), editsOf({ resume: folder })), output);
      } else result = await run(settings, output);
      const weights = await readFile(join(folder, "student-distilled", "weights.bin"));
      expect(existsSync(join(folder, "resume"))).toBe(false);
      return { history: result.models[1]!.history, weights, text: output.text() };
    };
    const [one, again, two] = [await train({}), await train({}, true), await train({ replicas: 2 })];
    expect(one.text).toContain(
      "cross-fit: 2 teachers, each of which answers for the pictures that it has not seen",
    );
    expect(again.text.match(/teacher 1 of 2 {2}epoch 2\/2/g)).toHaveLength(1);
    expect(again.weights.equals(one.weights)).toBe(true);
    for (const [name, values] of Object.entries(one.history)) {
      values.forEach((value, epoch) => void expect(two.history[name]![epoch]).toBeCloseTo(value, 4));
    }
  });

  test("trains probes on a backbone's features, which are computed once", async () => {
    await startBackend("wasm");
    const teacher = join(await emptyFolder(), "backbone");
    await saveModel(bit({ ...bitSizes.tiny, imageSize: 24, classes: 7, seed: 1 }), teacher);
    const output = recorder();
    const out = await emptyFolder();
    await run(settingsOf({ ...CROSS, teacher, out }), output);
    const text = output.text();
    expect(text.match(/teacher {2}features of training photos {2}54\/54/g)).toHaveLength(2); // of the teacher, then of both others
    expect(text).toMatch(/teacher 2 of 2 {2}epoch/);
  });

  test("is refused where it cannot be honest or has no folds", async () => {
    const settings = (options: object) => () => settingsOf({ ...CROSS, out: "x", ...options });
    expect(settings({ mixup: 1 })).toThrow("--cross-fit: expected views that repeat, got MixUp or CutMix");
    expect(settings({ viewEpochs: undefined })).toThrow("--cross-fit: expected --view-epochs with it");
    expect(settings({ students: "alone" })).toThrow(
      "--cross-fit: expected --students both or distilled, got alone",
    );
    expect(settings({ students: "all" })).toThrow(
      "--cross-fit: expected --students both, alone or distilled, got all",
    );
    expect(settings({ hints: "auto" })).toThrow("--cross-fit: expected --hints off");
    expect(settings({ storeLogits: "y" })).toThrow(
      "--cross-fit: expected it without --store-logits, got both",
    );
    expect(settings({ crossFit: 1 })).toThrow("run.crossFit must be an integer in [2, 100], got 1");
    const out = await emptyFolder();
    await expect(run(settingsOf({ ...CROSS, out, crossFit: 90 }), recorder())).rejects.toThrow(
      "--cross-fit: stratifiedFolds: folds must be at most the samples of the largest class",
    );
    await startBackend("wasm");
    const teacher = join(out, "classifier");
    await saveModel(bit({ ...bitSizes.tiny, imageSize: 24, classes: 5, seed: 1 }), teacher);
    await expect(run(settingsOf({ ...CROSS, out, teacher }), recorder())).rejects.toThrow(
      "--cross-fit: expected a teacher that is trained in the run, or a backbone for a probe, got a classifier of the data's classes",
    );
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { vit } from "deit-model";
import { saveWeightsFile } from "deit-model/node";
import { saveModel } from "named-weights/node";
import { loadLayersModelFile } from "open-classifier";
import { emptyFolder, readEvents, sharedData } from "test-kit";
import { startBackend } from "tfjs-backends";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { newestRun } from "../models/newest-run.ts";
import { openModel } from "../models/open-model.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import { UsageError } from "../process/usage-error.ts";
import { resumeCommand } from "../runs/resumed-epochs.ts";
import { savedSettings, writeSettings } from "../runs/saved-settings.ts";
import { resumeSettings } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { run } from "./run.ts";

const originals = sharedData("data/flowers/originals");
const mobileNet = sharedData("data/teacher/mobilenet_v2_1.0_224_f16");

/** Slow machines are slow, not wrong. */
vi.setConfig({ testTimeout: 600_000 });

const WRITTEN = [
  "contact-sheet.png",
  "data.json",
  "log",
  "pictures.csv",
  "report.html",
  "result.json",
  "samples",
  "settings.json",
  "student-alone",
  "student-distilled",
  "summary.json",
  "teacher",
  "tensorboard",
];

const STAGES = ["teacher", "student-alone", "student-distilled"] as const;
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** Lines of a stage's log. */
async function logOf(folder: string, stage: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, "log", `${stage}.jsonl`), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Settings of a run that is resumed. */
function resumed(folder: string, options: Readonly<Record<string, unknown>> = {}): Settings {
  return resumeSettings(savedSettings(folder), editsOf({ resume: folder, ...options }));
}

async function tinyRun(options: Record<string, unknown> = {}) {
  const out = await emptyFolder();
  const output = recorder();
  const settings = settingsOf({ preset: "tiny", name: "run", out, ...options });
  const result = await run(settings, output);
  return { result, folder: join(out, "run"), text: output.text(), settings };
}

describe("the program", () => {
  test("trains students on replicas, with stored logits, to the result of one thread", async () => {
    const options = { backend: "wasm", count: 60, viewEpochs: 1, dropPathRate: 0.2 };
    const logits = await emptyFolder();
    const [one, two] = [
      await tinyRun(options),
      await tinyRun({ ...options, replicas: 2, storeLogits: logits }),
    ];
    for (const student of [1, 2]) {
      const [expected, got] = [one, two].map(({ result }) => result.models[student]!.history);
      for (const [name, values] of Object.entries(expected!)) {
        values.forEach((value, epoch) => {
          expect(got![name]![epoch]).toBeCloseTo(value, 4);
        });
      }
    }
    expect(readdirSync(logits)).not.toEqual([]);
  });

  test.each([
    ["wasm", 100],
    ["cpu", 50], // in plain JavaScript: half of the pictures are enough
  ])("trains a teacher and two students on drawn flowers, on %s", async (backend, count) => {
    const { result, folder, text, settings } = await tinyRun({ backend, count });
    expect((await readdir(folder)).sort()).toEqual(WRITTEN);
    expect(result.models.map(({ name }) => name)).toEqual(["teacher", "student alone", "student distilled"]);
    for (const model of result.models) {
      expect(model.history.loss).toHaveLength(2);
      expect(model.history.loss![1]!).toBeLessThan(model.history.loss![0]!);
      expect(model.valAccuracy).toBeCloseTo(model.history.val_accuracy!.at(-1)!, 6); // counted in float32 there
      expect(model.imagesPerSecond).toBeGreaterThan(0);
      expect(text).toContain(`${model.name}  epoch 2/2  loss `);
    }
    const summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
    expect(summary[2]).toMatchObject({ model: "student distilled", params: result.models[2]!.params });
    for (const { waitingShare, trainImagesPerSecond } of summary) {
      expect(waitingShare).toBeGreaterThan(0);
      expect(waitingShare).toBeLessThan(1);
      expect(trainImagesPerSecond).toBeGreaterThan(0);
    }
    expect(JSON.parse(await readFile(join(folder, "settings.json"), "utf8"))).toEqual(settings);
    expect(text).toContain("model");
    expect(text.trimEnd().endsWith("report.html")).toBe(true);

    for (const stage of STAGES) {
      const [begin, ...lines] = await logOf(folder, stage);
      expect(begin).toMatchObject({
        event: "begin",
        epochs: 2,
        settings: { "run.preset": "tiny", "data.count": count },
      });
      const steps = 2 * Math.ceil((0.9 * count) / 16);
      expect(lines.map(({ event }) => event)).toContain("end");
      expect(lines.flatMap(({ event, step }) => (event === "step" ? [step] : []))).toEqual(upTo(steps));
      const board = join(folder, "tensorboard", stage);
      const events = (await readdir(board)).flatMap((file) => readEvents(readFileSync(join(board, file))));
      const tags = new Set(events.flatMap(({ values }) => Object.keys(values)));
      expect([...tags]).toEqual(
        expect.arrayContaining([
          ...["settings", "train/loss", "train/accuracy", "validation/loss", "validation/accuracy"],
          ...["within_epoch/loss", "within_epoch/learningRate"],
        ]),
      );
      const pictures = [...tags].filter((tag) => tag.startsWith("view/"));
      expect(pictures).toHaveLength(stage === "teacher" ? 0 : 4);
    }

    const student = await loadLayersModelFile(join(folder, "student-distilled"));
    expect(student.outputs.map(({ shape }) => shape)).toEqual([[null, 5]]);
    expect(await readFile(join(folder, "report.html"), "utf8")).toContain("student distilled, validation");
  });

  test("gets the same numbers twice, and others with another seed", async () => {
    const histories = async (options: Record<string, unknown>) =>
      (await tinyRun(options)).result.models.map((m) => m.history);
    const first = await histories({});
    expect(await histories({ workers: 2 })).toEqual(first);
    expect(await histories({ seed: 7 })).not.toEqual(first);
  });

  test("trains by DeiT's recipe, and keeps the average of the weights", async () => {
    const options = {
      ...{
        augment: "deit",
        mixup: 0.8,
        cutmix: 1,
        repeats: 3,
        evaluationCrop: 0.875,
        normalization: "imagenet",
      },
      ...{ emaDecay: 0.99, clipNorm: 1, layerDecay: 0.75, distillation: "soft", temperature: 2 },
    };
    const { result } = await tinyRun(options);
    for (const model of result.models.slice(1)) {
      expect(model.history.val_ema_accuracy).toHaveLength(2);
      expect(model.valAccuracy).toBe(model.history.val_ema_accuracy!.at(-1));
      expect(model.history.loss!.every(Number.isFinite)).toBe(true);
    }
  });

  test("gets the same numbers with stored logits of the teacher, computed once", async () => {
    const teacher = join((await tinyRun()).folder, "teacher");
    const options = { teacher, viewEpochs: 1, epochs: 3 };
    const live = await tinyRun(options);
    const storeLogits = join(await emptyFolder(), "logits");
    for (const size of [90, 90]) {
      const { result, text } = await tinyRun({ ...options, storeLogits });
      expect(result.models[2]!.history).toEqual(live.result.models[2]!.history);
      expect(text).toContain(`teacher  logits of views  ${size}/${size}`);
      expect(await readdir(storeLogits)).toHaveLength(1); // a second run adds nothing
    }
    const other = tinyRun({ ...options, storeLogits, augment: "crop" });
    await expect(other).rejects.toThrow("must be of this teacher and these views, got others: views was");
  });

  test("starts from published weights, and refuses a file of another model before it trains", async () => {
    await startBackend("cpu");
    const folder = await emptyFolder();
    const tiny = { imageSize: 32, patchSize: 8, dim: 16, depth: 2, heads: 2, classes: 7 } as const;
    const weights = join(folder, "weights.safetensors");
    await saveWeightsFile(vit(tiny), weights);
    const [plain, started] = [await tinyRun(), await tinyRun({ weights })];
    for (const i of [1, 2]) {
      expect(started.result.models[i]!.history).not.toEqual(plain.result.models[i]!.history);
    }
    await saveWeightsFile(vit({ ...tiny, depth: 3, dim: 32 }), weights);
    const out = await emptyFolder();
    const settings = settingsOf({ preset: "tiny", name: "run", out, weights });
    await expect(run(settings, recorder())).rejects.toThrow("weights.safetensors is not for this model");
    expect(await readdir(out)).toEqual([]);
  });

  test("trains one student only, to the same result as beside the other; a student alone without a teacher", async () => {
    const both = await tinyRun();
    const [alone, distilled] = [
      await tinyRun({ students: "alone" }),
      await tinyRun({ students: "distilled" }),
    ];
    const histories = ({ result }: typeof both) =>
      result.models.map(({ name, history }) => ({ name, history }));
    expect(histories(alone)).toEqual(histories(both).slice(1, 2));
    expect(histories(distilled)).toEqual([histories(both)[0], histories(both)[2]]);
    expect((await readdir(alone.folder)).sort()).toEqual(
      WRITTEN.filter((name) => !["teacher", "student-distilled"].includes(name)),
    );
    expect(alone.text).toContain("1 of 1  The student alone.");
    expect(distilled.text).toContain("2 of 2  The student distilled.");
    expect(newestRun(join(alone.folder, ".."))).toBe(alone.folder);
    const opened = await openModel(alone.folder);
    expect(opened.path).toBe(join(alone.folder, "student-alone"));
    opened.classifier.dispose();
  });

  test("uses a teacher of an earlier run unchanged", async () => {
    const first = await tinyRun();
    const { result, text } = await tinyRun({ teacher: join(first.folder, "teacher") });
    expect(result.models[0]).toMatchObject({ valAccuracy: first.result.models[0]!.valAccuracy, history: {} });
    expect(text).not.toContain("teacher  epoch");
  });

  test("uses a student of an earlier run as the teacher, with its own input and crop", async () => {
    const seen = { normalization: "imagenet", evaluationCrop: 0.8, students: "alone" };
    const longer = { epochs: 16, batchSize: 8, learningRate: 2e-3, dim: 32, count: 300 };
    const first = await tinyRun({ ...seen, ...longer });
    const teacher = join(first.folder, "student-alone");
    const { result } = await tinyRun({ teacher, count: 300, epochs: 1, students: "distilled" });
    const { valAccuracy } = first.result.models[0]!;
    expect(valAccuracy).toBeGreaterThan(0.3); // more than a guess, so that other pixels would show
    expect(result.models[0]).toMatchObject({ name: "teacher", valAccuracy });
  });

  test.skipIf(originals === undefined || mobileNet === undefined)(
    "probes a pretrained teacher on real photos and distills from it",
    async () => {
      const options = { data: originals, teacher: mobileNet, teacherEpochs: 10, epochs: 1 };
      const { result, folder, text } = await tinyRun(options);
      expect(text).toContain("25 photos in class folders, 5 classes: 20 to train on, 5 held out.");
      expect(result.models[0]!.params).toBe(2_206_816 + 5 * 1281);
      expect(result.models[0]!.history.loss!.at(-1)).toBeLessThan(0.7); // log 5 = 1.61 at the start
      expect((await readdir(folder)).sort()).toEqual(WRITTEN);
    },
  );

  test.skipIf(originals === undefined)("names a photo that does not decode, or leaves it out", async () => {
    const data = await emptyFolder();
    await cp(originals!, data, { recursive: true });
    await writeFile(join(data, "daisy", "broken.jpg"), "this is no picture");
    const out = await emptyFolder();
    const settings = settingsOf({ preset: "tiny", name: "run", out, data });
    await expect(run(settings, recorder())).rejects.toThrow(
      "daisy/broken.jpg: expected a picture that decodes",
    );
    expect(await readdir(out)).toEqual([]);
    const { text } = await tinyRun({ data, skipBadImages: true });
    expect(text.match(/skipped daisy\/broken\.jpg/g)).toHaveLength(1);
  });
});

describe("bad input leaves nothing behind", () => {
  async function refused(options: Record<string, unknown>, message: string): Promise<void> {
    const out = await emptyFolder();
    const settings = settingsOf({ preset: "tiny", name: "run", out, ...options });
    await expect(run(settings, recorder())).rejects.toThrow(message);
    expect(await readdir(out)).toEqual([]);
  }

  test("data that is absent, no archive, or has an empty class or a class of one", async () => {
    const folder = await emptyFolder();
    await refused(
      { data: join(folder, "none") },
      "none: expected an archive or a folder of pictures, got no such",
    );
    await writeFile(join(folder, "x.tgz"), "no archive");
    await refused({ data: join(folder, "x.tgz") }, "x.tgz: expected a tar archive");
    const photos = join(folder, "photos");
    for (const name of ["a", "b"]) await mkdir(join(photos, name), { recursive: true });
    for (const name of ["a/1.jpg", "a/2.jpg"]) await writeFile(join(photos, name), "x");
    await refused({ data: photos }, "class 'b': expected pictures, got an empty folder");
    await writeFile(join(photos, "b", "1.jpg"), "x");
    await refused(
      { data: photos },
      "class 'b': expected at least 2 pictures, to train and to validate, got 1",
    );
  });

  test("a cache that cannot be a folder", async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, "file"), "");
    const cache = join(folder, "file", "in");
    await refused({ download: true, cache }, `${cache}: not a folder; choose another folder for the cache`);
  });

  test("a teacher with another number of classes, or of other images", async () => {
    await startBackend("cpu");
    const folder = await emptyFolder();
    const classifier = (shape: [number, number, number]): tfl.LayersModel =>
      tfl.sequential({ layers: [tfl.layers.flatten({ inputShape: shape }), tfl.layers.dense({ units: 7 })] });
    await saveModel(classifier([8, 8, 3]), folder);
    await refused({ teacher: folder }, `${folder}: expected a teacher with the data's 5 classes`);
    await saveModel(classifier([8, 9, 4]), folder);
    await refused(
      { teacher: folder },
      `${folder}: expected a model of RGB images of one size, got one of [8, 9, 4]`,
    );
    tf.disposeVariables();
  });
});

describe("a run that is stopped", () => {
  /** Stops after these numbers of training steps, counted over all stages, and resumes each time. */
  async function inPieces(stops: readonly number[]) {
    const out = await emptyFolder();
    const folder = join(out, "run");
    const settings = settingsOf({ preset: "tiny", name: "run", out, checkpointEvery: 1 });
    const texts: string[] = [];
    for (const [i, stop] of stops.entries()) {
      const controller = new AbortController();
      let saved = 0;
      const watcher = setInterval(() => {
        saved = savedSteps(folder);
        if (saved >= stop) controller.abort(new Interrupted("stopped"));
      }, 5);
      const output = recorder();
      const now = i === 0 ? settings : resumed(folder);
      await expect(run(now, output, controller.signal)).rejects.toThrow(
        /stopped and saved; to resume: .* --resume /,
      );
      clearInterval(watcher);
      texts.push(output.text());
    }
    const output = recorder();
    const result = await run(resumed(folder), output);
    return { result, folder, texts: [...texts, output.text()] };
  }
  /** Newest checkpoint in any stage, with 100 for each stage done. */
  const savedSteps = (folder: string): number => {
    const names = existsSync(join(folder, "resume"))
      ? readdirSync(join(folder, "resume"), { recursive: true, encoding: "utf8" })
      : [];
    // A stage's checkpoints outlive its result by a moment: those of stages done do not count.
    const done = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    const underWay = names.filter((name) => !done.some((stage) => name.startsWith(stage)));
    const steps = underWay.map((name) => Number(/step-(\d+)\.safetensors$/.exec(name)?.[1] ?? 0));
    return 100 * done.length + Math.max(0, ...steps);
  };

  test("resumes within each stage and ends with the same models, without repeating finished stages", async () => {
    const whole = await tinyRun();
    const { result, folder, texts } = await inPieces([3, 104, 203]);
    expect(result.models.map(({ history }) => history)).toEqual(
      whole.result.models.map(({ history }) => history),
    );
    for (const key of ["valAccuracy", "learningRates"] as const)
      expect(result.models.map((model) => model[key])).toEqual(
        whole.result.models.map((model) => model[key]),
      );
    expect(result.models[1]!.learningRates!.epochs.at(-1)).toBe(2);
    expect(result.teacherDescription).toBe(whole.result.teacherDescription);
    expect((await readdir(folder)).sort()).toEqual(WRITTEN);
    for (const file of ["teacher", "student-alone", "student-distilled"].map((name) =>
      join(name, "weights.bin"),
    )) {
      expect(await readFile(join(folder, file))).toEqual(await readFile(join(whole.folder, file)));
    }
    for (const stage of STAGES) {
      const [was, is] = [await logOf(whole.folder, stage), await logOf(folder, stage)];
      const losses = (lines: typeof was) =>
        lines.flatMap(({ event, step, loss }) => (event === "step" ? [[step, loss]] : []));
      expect(losses(is)).toEqual(losses(was));
      expect(is.map(({ event }) => event)).toContain("resume");
    }
    expect(texts[1]).toMatch(/teacher: resumes after step \d/);
    expect(texts[2]).not.toContain("teacher  epoch");
    expect(texts[3]).toMatch(/student-distilled: resumes after step \d/);
    expect(texts[3]).not.toContain("student alone  epoch");
    // A crash at the end leaves what only an unfinished run needs.
    await mkdir(join(folder, "resume", "teacher"), { recursive: true });
    const again = resumed(folder);
    await expect(run(again, recorder())).rejects.toThrow(
      `--resume: expected a run that is not finished, got '${folder}'`,
    );
    expect((await readdir(folder)).sort()).toEqual(WRITTEN);
  });

  test("before anything was saved leaves nothing", async () => {
    const out = await emptyFolder();
    const settings = settingsOf({ preset: "tiny", name: "run", out });
    const stopped = AbortSignal.abort(new Interrupted("stopped"));
    await expect(run(settings, recorder(), stopped)).rejects.toThrow(
      "stopped before there was anything to save",
    );
    expect(await readdir(out)).toEqual([]);
  });

  test("while a backbone's features are computed stops at the next batch", async () => {
    const out = await emptyFolder();
    await startBackend("wasm");
    const layers = [
      tfl.layers.globalAveragePooling2d({ inputShape: [24, 24, 3], name: "feature_vector" }),
      tfl.layers.dense({ units: 7 }),
    ];
    await saveModel(tfl.sequential({ layers }), join(out, "backbone"));
    const settings = settingsOf({ preset: "tiny", name: "run", out, teacher: join(out, "backbone") });
    const stop = new AbortController();
    const output = recorder();
    const write = (text: string): void => {
      output.write(text);
      if (text.startsWith("teacher: input is")) stop.abort(new Interrupted("stopped"));
    };
    await expect(run(settings, { write }, stop.signal)).rejects.toThrow(
      "stopped before there was anything to save",
    );
    expect(output.text()).not.toContain("features of training photos");
    expect(await readdir(out)).toEqual(["backbone"]);
    const { models } = await run({ ...settings, run: { ...settings.run, name: "again" } }, output);
    expect(models).toHaveLength(3);
    expect(output.text()).toContain("features of training photos  90/90");
  });

  test("is not resumed with other settings, except the number of threads", () => {
    const saved = editsOf({ preset: "tiny", name: "run" });
    expect(resumeSettings(saved, editsOf({ resume: "x", workers: 2 }))).toMatchObject({
      run: { resume: "x" },
      data: { workers: 2 },
      recipe: { epochs: 2 },
    });
    expect(() => resumeSettings(saved, editsOf({ resume: "x", epochs: 1, seed: 1 }))).toThrow(
      new UsageError(
        "--resume: expected the settings of the run, got others: run.seed was 42, is 1; recipe.epochs was 2, is 1",
      ),
    );
  });

  /** A student alone, stopped while it trains. */
  async function stoppedStudent(options: Record<string, unknown>) {
    const out = await emptyFolder();
    const folder = join(out, "run");
    const common = { preset: "tiny", name: "run", out, students: "alone", checkpointEvery: 1 };
    const controller = new AbortController();
    const watcher = setInterval(() => {
      if (savedSteps(folder) > 0) controller.abort(new Interrupted("stopped"));
    }, 5);
    const stopped = run(settingsOf({ ...common, ...options }), recorder(), controller.signal);
    await expect(stopped).rejects.toThrow("stopped and saved");
    clearInterval(watcher);
    const resume = async (more: Record<string, unknown> = {}) => run(resumed(folder, more), recorder());
    return { folder, resume };
  }

  test("is resumed for more epochs where its learning rate is constant, to the same result as one longer run", async () => {
    const options = { schedule: "constant", students: "alone" };
    const { folder, resume } = await stoppedStudent(options);
    const longer = resumed(folder, { epochs: 3 });
    expect(resumeCommand("train", folder, longer)).toMatch(/start --resume \S+ --epochs 3$/);
    await expect(openModel(folder)).rejects.toThrow("expected a run with a trained student, got");
    const { models } = await resume({ epochs: 3 });
    expect(savedSettings(folder)["recipe.epochs"]).toBe(3);
    expect(resumeCommand("train", folder, longer)).toMatch(/start --resume \S+$/);
    const whole = await tinyRun({ ...options, epochs: 3 });
    expect(models[0]!.history).toEqual(whole.result.models[0]!.history);
  });

  test("is not resumed for more epochs where its learning rate depends on them, and stays as it was", async () => {
    const { folder, resume } = await stoppedStudent({});
    await expect(resume({ epochs: 3 })).rejects.toThrow(
      /^--epochs: expected the number that the run began with, .*, got 3; only --schedule constant/,
    );
    expect(savedSettings(folder)["recipe.epochs"]).toBe(2);
    expect((await resume()).models[0]!.history.loss).toHaveLength(2);
  });

  test("is not resumed for more epochs once one of its students is trained", async () => {
    const folder = await emptyFolder();
    const saved = settingsOf({ preset: "tiny", schedule: "constant" });
    await writeSettings(folder, saved);
    await mkdir(join(folder, "resume"));
    const figures = { params: 1, valAccuracy: 0.5, imagesPerSecond: 1 };
    const done = { result: { name: "student alone", ...figures, history: { loss: [1, 2] } } };
    await writeFile(join(folder, "resume", "student-alone.json"), JSON.stringify(done));
    await expect(run(resumed(folder, { epochs: 3 }), recorder())).rejects.toThrow(
      `--epochs: expected 2, as the student alone of '${folder}' is trained for, got 3`,
    );
  });
});

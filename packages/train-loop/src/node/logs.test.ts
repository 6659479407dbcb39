import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { emptyFolder, type ReadEvent, readEvents } from "test-kit";
import { startBackend } from "tfjs-backends";
import { jsonLines, tensorBoard } from "train-loop/node";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bitsOf, EPOCHS, memoryStorage, STEPS_PER_EPOCH, tinyTraining } from "../checkpoint/test-data.ts";
import type { FitCallback } from "../index.ts";

beforeAll(() => startBackend("wasm"));

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await emptyFolder();
  path = join(folder, "log.jsonl");
});

type Line = Record<string, number | string | object>;
const STEPS = EPOCHS * STEPS_PER_EPOCH;
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

function linesOf(file: string): Line[] {
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** Events of a folder's files in the order in which TensorBoard reads them. */
function eventsOf(name: string): ReadEvent[] {
  return readdirSync(name)
    .sort()
    .flatMap((file) => readEvents(readFileSync(join(name, file))));
}

/** Takes that many steps, then breaks as by an error of a kernel; a checkpoint every five steps. */
async function broken(steps: number, storage: ReturnType<typeof memoryStorage>, ...logs: FitCallback[]) {
  let taken = 0;
  const onBatchEnd = (): void => {
    taken += 1;
    if (taken === steps) throw new Error("enough");
  };
  const checkpoint = { storage, everySteps: 5, resume: true } as const;
  const run = tinyTraining().fit({ checkpoint, callbacks: [...logs, { onBatchEnd }] });
  await expect(run).rejects.toThrow("enough");
}

describe("a log of JSON lines", () => {
  test("has one line for each step and epoch, as the callbacks get them", async () => {
    const steps: Line[] = [];
    const { history } = await tinyTraining().fit({
      epochs: 2,
      callbacks: [
        jsonLines(path, { settings: { seed: 5, big: Number.POSITIVE_INFINITY } }),
        { onBatchEnd: (_, logs) => void steps.push({ ...(logs as Line) }) },
      ],
    });
    const [begin, ...lines] = linesOf(path);
    expect(begin).toEqual({
      ...{ event: "begin", time: expect.stringMatching(/^\d{4}-.*Z$/), step: 0, epoch: 0, epochs: 2 },
      ...{ stepsPerEpoch: STEPS_PER_EPOCH, batchSize: 4, settings: { seed: 5, big: "Infinity" } },
    });
    const time = expect.any(String);
    expect(lines.filter(({ event }) => event === "step")).toEqual(
      steps.map((logs, i) => ({
        ...{ event: "step", time, step: i + 1, epoch: Math.floor(i / STEPS_PER_EPOCH) },
        ...logs,
      })),
    );
    expect(steps[0]).toMatchObject({
      batch: 0,
      size: 4,
      learningRate: 1e-4,
      gradientNorm: expect.any(Number),
    });
    const { val_loss, accuracy } = history;
    expect(lines[STEPS_PER_EPOCH]).toMatchObject({
      ...{ event: "epoch", step: STEPS_PER_EPOCH, epoch: 0 },
      ...{ val_loss: val_loss![0], accuracy: accuracy![0] },
    });
    expect(lines.at(-1)).toEqual({ event: "end", time, step: 2 * STEPS_PER_EPOCH, epoch: 1 });
  });

  test("of a run that breaks and goes on has each step once, and what was trained twice lies beside it", async () => {
    const storage = memoryStorage();
    await broken(13, storage, jsonLines(path)); // the last checkpoint is of step 12, an epoch's end
    appendFileSync(path, '{"event":"step","step":14,"lo'); // torn by a crash
    await broken(9, storage, jsonLines(path)); // goes on after 12; the last checkpoint is of 20
    const { history } = await tinyTraining().fit({
      checkpoint: { storage, resume: true },
      callbacks: jsonLines(path),
    });
    const lines = linesOf(path);
    const of = (event: string) => lines.filter((line) => line.event === event);
    expect(of("step").map(({ step }) => step)).toEqual(upTo(STEPS));
    expect(of("epoch").map(({ loss }) => loss)).toEqual(history.loss);
    expect(["begin", "resume", "end"].map((event) => of(event).map(({ step }) => step))).toEqual([
      [0],
      [12, 20],
      [STEPS],
    ]);
    const replaced = readFileSync(`${path}.replaced`, "utf8").split("\n");
    expect(replaced.map((line) => /"step":(\d+)/.exec(line)?.[1])).toEqual(["13", "14", "21", undefined]);
    expect(lines.some((line) => "stepsMissing" in line)).toBe(false);
  });

  test("says so where it lacks steps that the run has taken", async () => {
    const storage = memoryStorage();
    await broken(11, storage, jsonLines(path)); // the last checkpoint is of step 10
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${lines.slice(0, 8).join("\n")}\n`); // begin and steps 1 to 7
    await broken(1, storage, jsonLines(path));
    expect(linesOf(path).slice(8)).toMatchObject([
      { event: "resume", step: 10, stepsMissing: 3 },
      { event: "step", step: 11 },
    ]);
  });

  test("of another run is kept beside the new one", async () => {
    await tinyTraining().fit({ epochs: 1, callbacks: jsonLines(path) });
    const before = linesOf(path);
    await tinyTraining().fit({ epochs: 1, callbacks: jsonLines(path) });
    const [begin, resume, ...after] = linesOf(path);
    expect([begin, ...linesOf(`${path}.replaced`)]).toEqual(before);
    expect(resume).toMatchObject({ event: "resume", step: 0 });
    expect(after).toHaveLength(before.length - 1);
  });

  test("refuses a file that is not a log, and leaves it as it is", async () => {
    writeFileSync(path, "my notes\n");
    await expect(tinyTraining().fit({ callbacks: jsonLines(path) })).rejects.toThrow(
      `jsonLines: '${path}' must be a log of an earlier run or not exist, got another file`,
    );
    expect(readFileSync(path, "utf8")).toBe("my notes\n");
    expect(existsSync(`${path}.replaced`)).toBe(false);
  });

  test("that cannot be opened ends the run before its first step", async () => {
    const training = tinyTraining();
    const before = bitsOf(training.model, training.ema);
    writeFileSync(join(folder, "file"), "");
    const inFile = join(folder, "file", "log.jsonl");
    await expect(training.fit({ callbacks: jsonLines(inFile) })).rejects.toThrow(/ENOTDIR/);
    await expect(training.fit({ callbacks: tensorBoard(join(folder, "file")) })).rejects.toThrow(/ENOTDIR/);
    expect(bitsOf(training.model, training.ema)).toBe(before);
  });

  test.runIf(process.platform === "linux")(
    "on a full disk is reported once, and training continues",
    async () => {
      const told: string[] = [];
      const { epoch } = await tinyTraining().fit({
        epochs: 2,
        callbacks: [
          jsonLines(path, { flushSeconds: 0, onProblem: (message) => void told.push(message) }),
          {
            onEpochEnd: (index) => {
              if (index > 0) return;
              renameSync(path, `${path}.first`);
              symlinkSync("/dev/full", path);
            },
          },
        ],
      });
      expect(epoch).toEqual([0, 1]);
      expect(told).toEqual([
        `jsonLines: '${path}' cannot be written: ENOSPC: no space left on device, write; training continues, and writing is retried`,
        `jsonLines: '${path}' ${STEPS_PER_EPOCH + 2} pieces were not written and are lost`,
      ]);
      expect(linesOf(`${path}.first`)).toHaveLength(1 + STEPS_PER_EPOCH + 1);
    },
  );

  test.runIf(process.platform === "linux")("that can be written again has what was kept", async () => {
    const told: string[] = [];
    await tinyTraining().fit({
      epochs: 3,
      callbacks: [
        jsonLines(path, { flushSeconds: 0, onProblem: (message) => void told.push(message) }),
        {
          onEpochBegin: (index) => {
            if (index === 1) {
              renameSync(path, `${path}.first`);
              symlinkSync("/dev/full", path);
            }
            if (index === 2) renameSync(`${path}.first`, path);
          },
        },
      ],
    });
    expect(told).toHaveLength(1);
    const steps = linesOf(path).flatMap(({ event, step }) => (event === "step" ? [step] : []));
    expect(steps).toEqual(upTo(3 * STEPS_PER_EPOCH));
  });

  test("takes tfjs' own fit too", async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
    const callbacks = [jsonLines(path), tensorBoard(join(folder, "board"))];
    await model.fit(tf.ones([8, 2]), tf.ones([8, 1]), { epochs: 2, batchSize: 4, verbose: 0, callbacks });
    expect(
      linesOf(path)
        .map(({ event }) => event)
        .join(" "),
    ).toBe("begin step step epoch step step epoch end");
    const loss = linesOf(path)[1]!.loss as number;
    expect(eventsOf(join(folder, "board"))[1]).toMatchObject({
      ...{ step: 1, values: { "within_epoch/loss": expect.closeTo(loss, 6) } },
    });
  });
});

describe("event files for TensorBoard", () => {
  const pixels = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) } as const;

  test("have scalars of steps and epochs, settings and pictures, over optimizer steps", async () => {
    const board = join(folder, "board");
    const steps: Line[] = [];
    const asked: number[] = [];
    const { history } = await tinyTraining().fit({
      epochs: 2,
      callbacks: [
        tensorBoard(board, {
          settings: { seed: 5, name: "a|b" },
          images: async (epoch) => {
            asked.push(epoch);
            return [{ name: "samples/0", ...pixels }];
          },
        }),
        { onBatchEnd: (_, logs) => void steps.push({ ...(logs as Line) }) },
      ],
    });
    const [version, settings, ...events] = eventsOf(board);
    expect(version).toMatchObject({ version: "brain.Event:2", step: 0 });
    expect(settings!.values.settings).toBe(
      "| setting | value |\n| --- | --- |\n| seed | 5 |\n| name | a\\|b |",
    );
    expect(asked).toEqual([0, 1]);
    const epochs = events.filter(({ values }) => "train/loss" in values);
    expect(epochs.map(({ step }) => step)).toEqual([STEPS_PER_EPOCH, 2 * STEPS_PER_EPOCH]);
    for (const [i, { values }] of epochs.entries()) {
      expect(values["validation/accuracy"]).toBeCloseTo(history.val_accuracy![i] as number, 6);
      expect((values["samples/0"] as Buffer).toString("latin1", 1, 4)).toBe("PNG");
    }
    const batches = events.filter(({ values }) => "within_epoch/loss" in values);
    expect(batches.map(({ step }) => step)).toEqual(upTo(2 * STEPS_PER_EPOCH));
    for (const [i, { values }] of batches.entries()) {
      const { loss, accuracy, gradientNorm, learningRate, size, waitSeconds, computeSeconds } = steps[
        i
      ] as Record<string, number>;
      const seconds = waitSeconds! + computeSeconds!;
      const expected = {
        ...{
          "within_epoch/loss": loss,
          "within_epoch/accuracy": accuracy,
          "within_epoch/gradientNorm": gradientNorm,
        },
        ...{ "within_epoch/learningRate": learningRate, "within_epoch/imagesPerSecond": size! / seconds },
        "within_epoch/waitingShare": waitSeconds! / seconds,
      };
      const asFloats = Object.entries(expected).map(([name, value]) => [name, Math.fround(value!)]);
      expect(values).toEqual(Object.fromEntries(asFloats));
    }
  });

  test("of a run that breaks and goes on restart at the first step that is trained again", async () => {
    const board = join(folder, "board");
    const storage = memoryStorage();
    await broken(13, storage, tensorBoard(board));
    await broken(9, storage, tensorBoard(board));
    const callbacks = tensorBoard(board);
    const { history } = await tinyTraining().fit({ checkpoint: { storage, resume: true }, callbacks });
    expect(readdirSync(board)).toHaveLength(3);
    // As TensorBoard reads them: a start drops what it has of its step and later ones.
    let kept: ReadEvent[] = [];
    const starts: number[] = [];
    for (const event of eventsOf(board)) {
      if (event.isStart) {
        starts.push(event.step);
        kept = kept.filter(({ step }) => step < event.step);
      } else kept.push(event);
    }
    expect(starts).toEqual([13, 21]);
    expect(kept.filter(({ values }) => "within_epoch/loss" in values).map(({ step }) => step)).toEqual(
      upTo(STEPS),
    );
    const losses = kept.flatMap(({ values }) => (values["train/loss"] as number) ?? []);
    expect(losses).toEqual(history.loss!.map((loss) => Math.fround(loss as number)));
  });

  test("whose folder is removed are reported once, and training continues", async () => {
    const board = join(folder, "board");
    const told: string[] = [];
    const onProblem = (message: string): void => void told.push(message);
    const { epoch } = await tinyTraining().fit({
      epochs: 2,
      callbacks: [
        tensorBoard(board, { flushSeconds: 0, onProblem }),
        { onEpochEnd: (index) => index === 0 && rmSync(board, { recursive: true }) },
      ] as FitCallback[],
    });
    expect(epoch).toEqual([0, 1]);
    expect(told).toEqual([
      expect.stringMatching(
        /^tensorBoard: '.*board' cannot be written: ENOENT.*; training continues, and writing is retried$/,
      ),
      expect.stringMatching(/^tensorBoard: '.*board' 13 pieces were not written and are lost$/),
    ]);
    expect(existsSync(board)).toBe(false);
  });

  test("end the run with what the function of the pictures throws", async () => {
    const images = (): never => {
      throw new Error("no picture");
    };
    await expect(
      tinyTraining().fit({ callbacks: tensorBoard(join(folder, "board"), { images }) }),
    ).rejects.toThrow("no picture");
  });
});

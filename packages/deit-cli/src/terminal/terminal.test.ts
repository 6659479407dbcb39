import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { verdict, worth } from "../report/plain-words.ts";
import { probabilityBars } from "./bars.ts";
import { duration, percent, rate } from "./format.ts";
import { formatTable } from "./table.ts";
import { TimeLeft } from "./time-left.ts";
import { trainingProgress } from "./training-progress.ts";
import { whileBusy } from "./while-busy.ts";

test("numbers read well", () => {
  expect([percent(0.713), percent(1)]).toEqual(["71.3%", "100.0%"]);
  expect([duration(42_400), duration(3_723_000), duration(-5)]).toEqual(["0:42", "1:02:03", "0:00"]);
  expect([rate(1234.4), rate(56.2), rate(7.81)]).toEqual(["1,234", "56", "7.8"]);
});

test("a table aligns words to the left and numbers to the right", () => {
  const table = formatTable(
    ["model", "images/s"],
    [
      ["teacher", "1,234"],
      ["student", "–"],
    ],
  );
  expect(table).toBe("model     images/s\n──────────────────\nteacher      1,234\nstudent          –");
});

test("bars are as long as probabilities", () => {
  const bars = probabilityBars("a.jpg", [
    { name: "daisy", probability: 0.75 },
    { name: "roses", probability: 0 },
  ]);
  const [title, first, second] = bars.split("\n");
  expect(title).toBe("a.jpg");
  expect(first).toBe(`  daisy  ${"█".repeat(23)}${"·".repeat(7)}   75.0%`);
  expect(second).toBe(`  roses  ${"·".repeat(30)}    0.0%`);
});

describe("the verdict", () => {
  /** `both` pictures that both get right, then those of one alone, then of the other, of `pictures`. */
  const words = (both: number, alone: number, distilled: number, pictures: number): string => {
    const right = (from: (i: number) => boolean) => Array.from({ length: pictures }, (_, i) => from(i));
    const models = [
      { name: "teacher", valAccuracy: 1 },
      {
        name: "student alone",
        valAccuracy: (both + alone) / pictures,
        right: right((i) => i < both + alone),
      },
      {
        name: "student distilled",
        valAccuracy: (both + distilled) / pictures,
        right: right((i) => i < both || (i >= both + alone && i < both + alone + distilled)),
      },
    ] as const;
    return verdict({ models, environment: { validationImages: pictures + 7 } }); // seven were skipped
  };

  test("compares the students picture by picture, by McNemar's exact test", () => {
    expect(words(220, 12, 17, 300)).toBe(
      "The student alone classifies 77.3% of 300 held-out pictures (95% interval: 72.3% to 81.7%) correctly.\n" +
        "The student distilled classifies 79.0% of 300 held-out pictures (95% interval: 74.0% to 83.2%) correctly: 17 only it gets right, 12 only the student alone, " +
        "which may be chance (exact McNemar test, p = 0.458).",
    );
    expect(words(220, 40, 12, 300)).toContain(
      "12 only it gets right, 40 only the student alone, more than chance",
    );
    expect(words(100, 40, 80, 300)).toContain("(exact McNemar test, p < 0.001)");
  });

  test("holds at both ends", () => {
    expect(words(4, 0, 0, 4)).toBe(
      "The student alone classifies 100.0% of 4 held-out pictures (95% interval: 51.0% to 100.0%) correctly.\n" +
        "The student distilled classifies 100.0% of 4 held-out pictures (95% interval: 51.0% to 100.0%) correctly: both classify the same pictures correctly.",
    );
    expect(words(0, 0, 0, 24)).toContain("0.0% of 24 held-out pictures (95% interval: 0.0% to 13.8%)");
    expect(words(0, 0, 1, 1)).toContain("which may be chance (exact McNemar test, p = 1.000)");
  });

  test("has the interval of a single student", () => {
    const models = [
      { name: "teacher", valAccuracy: 1 },
      { name: "student distilled", valAccuracy: 0.8 },
    ] as const;
    expect(verdict({ models, environment: { validationImages: 400 } })).toBe(
      "The student distilled classifies 80.0% of 400 held-out pictures (95% interval: 75.8% to 83.6%) correctly.",
    );
  });

  test("has a sentence for each way to teach", () => {
    const right = (count: number) => Array.from({ length: 100 }, (_, i) => i < count);
    const models = [
      { name: "student alone", valAccuracy: 0.5, right: right(50) },
      { name: "student by answers", valAccuracy: 0.5, right: right(50) },
      { name: "student by features", valAccuracy: 0.75, right: right(75) },
    ] as const;
    expect(verdict({ models, environment: { validationImages: 100 } }).split("\n")).toEqual([
      "The student alone classifies 50.0% of 100 held-out pictures (95% interval: 40.4% to 59.6%) correctly.",
      expect.stringMatching(/^The student by answers .*: both classify the same pictures correctly\.$/),
      expect.stringMatching(
        /^The student by features .*: 25 only it gets right, 0 only the student alone, more than chance/,
      ),
    ]);
  });

  test("does not compare what an older run did not record", () => {
    const models = [
      { name: "student alone", valAccuracy: 1 },
      { name: "student distilled", valAccuracy: 0.5 },
    ] as const;
    expect(verdict({ models, environment: { validationImages: 4 } })).toContain(
      "picture by picture they were not compared",
    );
  });
});

describe("what a teacher is worth", () => {
  /** The student alone, and one by features, with their accuracies by epoch. */
  const words = (
    alone: readonly number[],
    features: readonly number[],
    { log = "val_accuracy", ...options }: { log?: string; [option: string]: unknown } = {},
  ): string =>
    worth({
      settings: settingsOf({ preset: "tiny", ...options }),
      models: [
        { name: "teacher", valAccuracy: 1 },
        { name: "student alone", valAccuracy: alone.at(-1)!, history: { [log]: alone } },
        { name: "student by features", valAccuracy: features.at(-1)!, history: { [log]: features } },
      ],
    });

  test("is the epochs until the distilled student stays at what the other ends with", () => {
    expect(words([0.2, 0.3, 0.4, 0.5, 0.6], [0.5, 0.6, 0.7, 0.8, 0.8])).toBe(
      "Taught by features, the student is after 2 epochs as accurate as alone after 5: the teacher is worth 3 epochs of 5.",
    );
    // It was there before, but fell back.
    expect(words([0.2, 0.3, 0.4, 0.5, 0.6], [0.6, 0.6, 0.5, 0.7, 0.8])).toContain("after 4 epochs");
    expect(words([0.2, 0.6], [0.7, 0.7])).toContain(
      "after one epoch as accurate as alone after 2: the teacher is worth 1 epoch of 2",
    );
  });

  test("is not said where the student does not end above the other", () => {
    expect(words([0.2, 0.6], [0.5, 0.6])).toBe("");
    expect(words([0.2, 0.6], [0.7, 0.5])).toBe("");
    const settings = settingsOf({ preset: "tiny" });
    expect(worth({ settings, models: [{ name: "student alone", valAccuracy: 0.5 }] })).toBe("");
    const one = { name: "student distilled", valAccuracy: 0.5, history: { val_accuracy: [0.5] } } as const;
    expect(worth({ settings, models: [one] })).toBe("");
  });

  test("is of the moving average, which is saved, and not said where held-out pictures chose the epochs", () => {
    const curves = [
      [0.2, 0.3, 0.6],
      [0.6, 0.7, 0.8],
    ] as const;
    expect(words(...curves, { emaDecay: 0.9, log: "val_ema_accuracy" })).toContain("worth 2 epochs of 3");
    expect(words(...curves, { emaDecay: 0.9 })).toBe("");
    expect(words(...curves, { keepBest: true })).toBe("");
    expect(words(...curves, { patience: 1 })).toBe("");
  });
});

describe("training progress", () => {
  /** Two epochs of two batches of 10 samples, 1 s each, and 5 s of validation. */
  async function train(isTTY: boolean, columns = 120) {
    const output = recorder(isTTY, columns);
    let time = 0;
    const progress = trainingProgress({
      label: "student",
      epochs: 2,
      stepsPerEpoch: 2,
      output,
      now: () => time,
    });
    await progress.onTrainBegin?.();
    for (let epoch = 0; epoch < 2; epoch++) {
      await progress.onEpochBegin?.(epoch);
      for (let batch = 0; batch < 2; batch++) {
        time += 1000;
        const figures = { size: 10, waitSeconds: 0.25, computeSeconds: 0.75 };
        await progress.onBatchEnd?.(batch, { ...figures, loss: 1 + batch, accuracy: batch });
      }
      time += 5000;
      await progress.onEpochEnd?.(epoch, { loss: 1.5, accuracy: 0.5, val_accuracy: 0.25 });
    }
    return output.text();
  }

  test("prints one plain line per epoch where the output is not a terminal", async () => {
    const text = await train(false);
    const lines = text.trimEnd().split("\n");
    expect(lines[0]).toBe(
      "0:07 left  student  epoch 1/2  loss 1.5000  accuracy 50.0%  validation 25.0%  10 images/s  25.0% waiting for data",
    );
    expect(lines.at(-1)).toContain("0:00 left  student  epoch 2/2  loss 1.5000");
    expect(text).not.toContain("\r");
  });

  test("redraws one line on a terminal: time left, step, loss, accuracy, images a second", async () => {
    const text = await train(true);
    const [begin, first, second] = text.split("\r").filter((part) => part !== "");
    expect(begin).toBe("student  first step …\x1b[K");
    expect(first).toContain(
      "– left  student  epoch 1/2  step 1/2  loss 1.0000  accuracy 0.0%  10 images/s  25.0% waiting for data",
    );
    expect(second).toContain("0:02 left  student  epoch 1/2  step 2/2  loss 1.5000  accuracy 50.0%");
    expect(first!.endsWith("\x1b[K")).toBe(true);
  });

  test("weighs a batch's accuracy by its labeled images, where it says how many", async () => {
    const output = recorder(true, 120);
    let time = 0;
    const now = () => (time += 1000);
    const progress = trainingProgress({ label: "student", epochs: 1, stepsPerEpoch: 3, output, now });
    await progress.onTrainBegin?.();
    await progress.onEpochBegin?.(0);
    const timing = { size: 10, waitSeconds: 0.25, computeSeconds: 0.75, loss: 1 };
    await progress.onBatchEnd?.(0, { ...timing, labeled: 2, accuracy: 1 });
    await progress.onBatchEnd?.(1, { ...timing, labeled: 0 });
    await progress.onBatchEnd?.(2, { ...timing, labeled: 6, accuracy: 0.5 });
    const lines = output.text().split("\r");
    expect(lines.at(-1)).toContain("step 3/3  loss 1.0000  accuracy 62.5%");
  });

  test.each([
    [
      100,
      "0:02 left  student  epoch 1/2  step 2/2  loss 1.5000  accuracy 50.0%  10 images/s",
      "0:07 left  student  epoch 1/2  loss 1.5000  accuracy 50.0%  validation 25.0%  10 images/s",
    ],
    [
      80,
      "0:02 left  student  epoch 1/2  loss 1.5000  accuracy 50.0%  10 images/s",
      "0:07 left  student  epoch 1/2  accuracy 50.0%  validation 25.0%  10 images/s",
    ],
    [
      60,
      "0:02 left  student  epoch 1/2  accuracy 50.0%  10 images/s",
      "0:07 left  student  epoch 1/2  validation 25.0%",
    ],
    [40, "0:02 left  student  epoch 1/2", "0:07 left  student  1/2  val 25.0%"],
  ])("in %i columns leaves out whole figures, and wraps nothing", async (columns, live, stays) => {
    const lines = (await train(true, columns)).split(/[\r\n]/).map((line) => line.replace("\x1b[K", ""));
    for (const line of lines) expect(line.length).toBeLessThan(columns);
    expect(lines).toContain(live);
    expect(lines).toContain(stays);
  });
});

describe("the time left", () => {
  /** Steps of so many milliseconds. */
  const after = (steps: readonly number[], rest: number, validations = 0): number | undefined => {
    let time = 0;
    const left = new TimeLeft(() => time);
    left.beginEpoch();
    for (const step of steps) {
      time += step;
      left.endStep();
    }
    time += 5000;
    left.endEpoch();
    return left.left(rest, validations);
  };

  test("does not count the first step, nor a machine that slept", () => {
    expect(after([60_000], 10)).toBeUndefined();
    expect(after([60_000, 1000, 1000, 1000], 10)).toBe(10_000);
    expect(after([60_000, ...Array(10).fill(1000), 3_600_000, ...Array(10).fill(1000)], 10)).toBe(10_000);
  });

  test("follows the last steps, slow ones among them, and adds the validations", () => {
    expect(after([1, ...Array(50).fill(9000), ...Array(50).fill(1000)], 2)).toBe(2000);
    expect(after([1, ...Array(12).fill([1000, 1000, 1000, 5000]).flat()], 10)).toBeGreaterThan(13_000);
    expect(after([1, 1000, 1000], 10, 3)).toBe(25_000);
  });
});

describe("work that takes long", () => {
  test("is named at once on a terminal, with what it writes in place of the line, which vanishes", async () => {
    const output = recorder(true, 20);
    const value = await whileBusy(output, "drawing 3,000 flowers", async (own) => {
      expect(output.text()).toBe("\rdrawing 3,000 flowe\x1b[K");
      own.write("a note\n");
      expect([own.isTTY, own.columns]).toEqual([true, 20]);
      return 7;
    });
    expect(value).toBe(7);
    expect(output.text()).toBe("\rdrawing 3,000 flowe\x1b[K\r\x1b[Ka note\n");
    const failing = recorder(true);
    await expect(whileBusy(failing, "x", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(failing.text()).toBe("\rx …\x1b[K\r\x1b[K");
  });

  test("counts its seconds, and is said once elsewhere", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      for (const [isTTY, shown] of [
        [true, "\rx …\x1b[K\rx …  0:01\x1b[K\rx …  0:02\x1b[K\r\x1b[K"],
        [false, "x …\n"],
      ] as const) {
        const output = recorder(isTTY);
        await whileBusy(output, "x", async () => void vi.advanceTimersByTime(2500));
        expect(output.text()).toBe(shown);
      }
    } finally {
      vi.useRealTimers();
    }
  });
});

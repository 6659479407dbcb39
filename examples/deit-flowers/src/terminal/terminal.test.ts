import { describe, expect, test } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { probabilityBars } from "./bars.ts";
import { duration, percent, rate } from "./format.ts";
import { verdict } from "./plain-words.ts";
import { formatTable } from "./table.ts";
import { trainingProgress } from "./training-progress.ts";

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

describe("what two accuracies say", () => {
  const words = (alone: number, distilled: number, validationImages: number): string =>
    verdict({
      models: [
        { name: "teacher", valAccuracy: 1 },
        { name: "student alone", valAccuracy: alone },
        { name: "student distilled", valAccuracy: distilled },
      ],
      environment: { validationImages },
    });

  test("is no difference where so few pictures leave it to chance", () => {
    // Of 300: the roots of 0.2 · 0.8 / 300 and 0.19 · 0.81 / 300, squared and added: 3.2 points.
    expect(words(0.8, 0.81, 300)).toBe(
      "The distilled student is 1.0 points above the student alone; 300 held-out pictures cannot tell such a difference from chance (standard error 3.2).",
    );
    expect(words(0.5, 0.5, 300)).toContain("as often right as the student alone");
  });

  test("is one where they do not, in either direction", () => {
    expect(words(0.8, 0.7, 3000)).toContain("10.0 points below the student alone; more than chance");
  });
});

test("one accuracy says how much of it is sure", () => {
  const models = [
    { name: "teacher", valAccuracy: 1 },
    { name: "student distilled", valAccuracy: 0.8 },
  ] as const;
  expect(verdict({ models, environment: { validationImages: 400 } })).toBe(
    "The student distilled is right about 80.0% of 400 held-out pictures (standard error 2.0).",
  );
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

  test("keeps one plain line an epoch where the output is no terminal", async () => {
    const text = await train(false);
    const lines = text.trimEnd().split("\n");
    expect(lines[0]).toBe(
      "student  epoch 1/2  loss 1.5000  accuracy 50.0%  validation 25.0%  10 images/s (25.0% waiting)  0:07 left",
    );
    expect(lines.at(-1)).toContain("epoch 2/2  loss 1.5000");
    expect(text).not.toContain("\r");
  });

  test("redraws one line on a terminal: step, loss, accuracy, images a second, time left", async () => {
    const text = await train(true);
    const [first, second] = text.split("\r").filter((part) => part !== "");
    expect(first).toContain(
      "student  epoch 1/2  step 1/2  loss 1.0000  accuracy 0.0%  10 images/s (25.0% waiting)  0:03 left",
    );
    expect(second).toContain("step 2/2  loss 1.5000  accuracy 50.0%");
    expect(first!.endsWith("\x1b[K")).toBe(true);
  });

  test("cuts a line that a narrow terminal would wrap", async () => {
    const text = await train(true, 40);
    for (const line of text.split(/[\r\n]/)) expect(line.replace("\x1b[K", "").length).toBeLessThan(40);
  });
});

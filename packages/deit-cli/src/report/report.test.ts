import { describe, expect, test } from "vitest";
import { settingsOf } from "../../test/workspace.ts";
import { lineChart } from "../html/line-chart.ts";
import type { RunResult } from "../runs/run-result.ts";
import type { Evidence } from "./evidence.ts";
import { htmlReport } from "./html.ts";

describe("a line chart", () => {
  const draw = (values: number[]): string =>
    lineChart({
      title: "Loss",
      curves: [{ name: "a & b", values, style: "alone" }],
      format: String,
    });

  test("puts the first epoch left, the last right, the lowest value at the bottom", () => {
    expect(draw([0, 0.5, 1])).toContain('points="56.0,264.0 342.0,138.0 628.0,12.0"');
  });

  test("marks round numbers that enclose the curves", () => {
    const svg = lineChart({
      title: "Loss",
      curves: [{ name: "a", values: [1.6, 0.37], style: "alone" }],
      format: (value) => value.toFixed(2),
    });
    const ticks = [...svg.matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => text);
    expect(ticks).toEqual(["0.00", "0.50", "1.00", "1.50", "2.00"]);
  });

  test("has a text for screen readers, escaped", () => {
    const svg = draw([0, 1]);
    expect(svg).toContain('aria-label="Loss by epoch: a &amp; b ends at 1"');
    expect(svg).not.toContain("a & b");
  });

  test("draws a single epoch as a point, and leaves gaps where there is no number", () => {
    expect(draw([0.5])).toContain("<circle");
    expect(draw([0, Number.NaN, 1])).toContain('points="56.0,264.0 628.0,12.0"');
  });
});

describe("a report", () => {
  const tiny = settingsOf({ preset: "tiny" });
  const settings = { ...tiny, run: { ...tiny.run, name: "<b>x" } };
  const history = { loss: [1, 0.5], val_loss: [1, 0.6], accuracy: [0.2, 0.7], val_accuracy: [0.3, 0.6] };
  const learningRates = { epochs: [0.5, 1, 2], values: [0.1, 0.2, 0.05] };
  const figures = {
    params: 1234,
    valAccuracy: 0.6,
    imagesPerSecond: 99,
    trainImagesPerSecond: 33,
    learningRates,
    history,
  };
  const names = ["teacher", "student alone", "student distilled"] as const;
  const result: RunResult = {
    settings,
    dataDescription: "100 drawn flowers.",
    teacherDescription: "A network.",
    models: names.map((name) => ({ ...figures, name })),
    environment: {
      date: "2026-01-01",
      backend: "wasm",
      node: "v20",
      cpu: "2 × cpu",
      computing: "1 × 8 images at once",
      trainingImages: 90,
      validationImages: 10,
      duration: "0:05",
      peakMemory: "1.2 GB",
    },
  };
  const predictions = {
    labels: [0, 1, 1],
    probabilities: [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.7, 0.3],
    ].map((row) => Float32Array.from(row)),
  };
  const source = "data:image/png;base64,iVBORw0KGgo=";
  const evidence: Evidence = {
    classNames: ["<i>daisy", "tulip"],
    models: names.map((name) => ({ name, predictions })),
    student: "student distilled",
    mistakes: [{ source, key: "tulip/7.jpg", label: "tulip", predicted: "<i>daisy", probability: 0.7 }],
    attention: [{ source, label: "tulip" }],
  };
  const html = htmlReport(result, evidence);

  test("is one file that loads nothing, has every number and escapes names", () => {
    expect(html).not.toMatch(/\b(src|href)="(?!https:\/\/arxiv\.org|data:)/);
    expect(html).not.toContain("<script");
    expect(html).not.toContain("<b>x");
    expect(html).not.toContain("<i>");
    for (const text of ["1,234", "60.0%", "99", "33", "student distilled, validation", "patchSize", "1.2 GB"])
      expect(html).toContain(text);
  });

  test("has charts of accuracy, loss and learning rate, with the teacher as a line", () => {
    const titles = [...html.matchAll(/<figcaption>(Accuracy|Loss|Learning rate|Loss of the teacher)</g)].map(
      ([, title]) => title,
    );
    expect(titles).toEqual(["Accuracy", "Loss", "Learning rate", "Loss of the teacher"]);
    expect(html).toContain("Accuracy by epoch: teacher, last epoch ends at 60%");
  });

  test("has confusion matrices, and recall and precision of each class", () => {
    const [table] = html.match(/<table class="confusion">.*?<\/table>/s)!;
    const counts = [...table.matchAll(/>(\d+)<\/td>/g)].map(([, count]) => Number(count));
    expect(counts).toEqual([1, 0, 1, 1]);
    // The one daisy is right, one tulip is predicted as a daisy; the other tulip is right.
    expect(html).toContain('<th scope="row">tulip</th><td>2</td><td>50.0%</td><td>100.0%</td>');
    expect(html).toContain("daisy</th><td>1</td><td>100.0%</td><td>50.0%</td>");
  });

  test("does not mention a teacher or distillation for a student alone", () => {
    const { teacherDescription: _, ...rest } = result;
    const alone = {
      ...rest,
      settings: { ...settings, run: { ...settings.run, students: "alone" as const } },
      models: [result.models[1]!],
    };
    const page = htmlReport(alone, { ...evidence, student: "student alone", models: [evidence.models[1]!] });
    expect(page.replace(/^.*<main>|<h2>Settings.*/gs, "")).not.toMatch(/teacher|distill/i);
    expect(page).toContain("Worst mistakes: student alone");
  });

  test("has an alternative text for each picture", () => {
    const alts = [...html.matchAll(/<img [^>]*?alt="([^"]*)"/g)].map(([, alt]) => alt);
    expect(alts).toHaveLength(html.match(/<img /g)!.length);
    expect(alts[0]).toBe("tulip/7.jpg: tulip, predicted as &lt;i&gt;daisy");
    expect(alts[1]).toContain("then the distillation token's");
  });
});

import { describe, expect, test } from "vitest";
import { resolveSettings } from "../settings.ts";
import { htmlReport } from "./html.ts";
import { lineChart } from "./line-chart.ts";

describe("a line chart", () => {
  const draw = (values: number[]): string =>
    lineChart({
      title: "Loss",
      curves: [{ name: "a & b", values, style: "alone" }],
      format: String,
      range: [0, 1],
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

  test("says in words what it shows, with safe text", () => {
    const svg = draw([0, 1]);
    expect(svg).toContain('aria-label="Loss by epoch: a &amp; b ends at 1"');
    expect(svg).not.toContain("a & b");
  });

  test("draws a single epoch as a point, and leaves gaps where there is no number", () => {
    expect(draw([0.5])).toContain("<circle");
    expect(draw([0, Number.NaN, 1])).toContain('points="56.0,264.0 628.0,12.0"');
  });
});

test("a report is one file that loads nothing, holds every number and escapes what it is given", () => {
  const settings = { ...resolveSettings({ preset: "tiny" }), name: "<b>x" };
  const history = { loss: [1, 0.5], val_loss: [1, 0.6], accuracy: [0.2, 0.7], val_accuracy: [0.3, 0.6] };
  const model = { params: 1234, valAccuracy: 0.6, imagesPerSecond: 99, trainImagesPerSecond: 33, history };
  const html = htmlReport({
    settings,
    dataDescription: "100 drawn flowers.",
    teacherDescription: "A network.",
    models: [
      { ...model, name: "teacher" },
      { ...model, name: "student alone" },
      { ...model, name: "student distilled" },
    ],
    environment: {
      date: "2026-01-01",
      backend: "wasm",
      node: "v20",
      cpu: "2 × cpu",
      trainingImages: 90,
      validationImages: 10,
      duration: "0:05",
    },
  });
  expect(html).not.toMatch(/\b(src|href)="(?!https:\/\/arxiv\.org)/);
  expect(html).not.toContain("<script");
  expect(html).not.toContain("<b>x");
  for (const text of ["1,234", "60.0%", "99", "33", "student distilled, validation", "image", "patchSize"]) {
    expect(html).toContain(text);
  }
  expect(html.match(/<figure>/g)?.length).toBe(2);
});

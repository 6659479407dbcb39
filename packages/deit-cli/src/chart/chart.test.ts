import { describe, expect, test } from "vitest";
import { type LineChart, lineChart } from "./line-chart.ts";
import { placeLabels } from "./place-labels.ts";
import { epochTicks, roundTicks } from "./ticks.ts";

test("marks are round numbers that enclose the values", () => {
  expect(roundTicks(0.37, 1.6)).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(roundTicks(0.25, 0.92)).toEqual([0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  expect(roundTicks(3, 3)).toEqual([3, 3.25]);
  expect(epochTicks(1, 12)).toEqual([2, 4, 6, 8, 10, 12]);
  expect(epochTicks(0, 12)).toEqual([0, 2, 4, 6, 8, 10, 12]);
  expect(epochTicks(1, 2)).toEqual([1, 2]);
  expect(epochTicks(1, 300)).toEqual([50, 100, 150, 200, 250, 300]);
});

describe("labels in a column", () => {
  const bounds = { low: 0, high: 100 };

  test("stay where they belong if there is room", () => {
    expect(placeLabels([50, 10, 90], 10, bounds)).toEqual([50, 10, 90]);
  });

  test("that are too close make room around their mean, in their order", () => {
    expect(placeLabels([50, 50], 10, bounds)).toEqual([45, 55]);
    expect(placeLabels([54, 50, 52], 10, bounds)).toEqual([62, 42, 52]);
    // The block of two at 40 and 50 reaches the third, and moves with it.
    expect(placeLabels([45, 45, 51], 10, bounds)).toEqual([37, 47, 57]);
  });

  test("stay inside, pushed away from the ends", () => {
    expect(placeLabels([0, 1], 10, bounds)).toEqual([0, 10]);
    expect(placeLabels([99, 100], 10, bounds)).toEqual([90, 100]);
    expect(placeLabels([5, 5, 5], 10, { low: 0, high: 10 })).toEqual([0, 10, 20]); // no room: they begin at the top
  });
});

describe("a line chart", () => {
  const chart = (more: Partial<LineChart>): string =>
    lineChart({ title: "Loss", axis: "loss", curves: [], format: String, id: "c", labelWidth: 80, ...more });
  const curve = (values: number[], more = {}) => ({ name: "a & b", style: "alone", values, ...more });

  test("has the first epoch left, the last right, the lowest value at the bottom", () => {
    expect(chart({ curves: [curve([0, 0.5, 1])] })).toContain('points="48.0,236.0 224.0,131.0 400.0,26.0"');
  });

  test("has words for screen readers, escaped", () => {
    const svg = chart({ curves: [curve([0, 1])], band: band(0.5) });
    expect(svg).toContain('aria-labelledby="c-title c-desc"');
    expect(svg).toContain('<title id="c-title">Loss by epoch</title>');
    expect(svg).toContain('<desc id="c-desc">teacher: 0.5; a &amp; b ends at 1</desc>');
    expect(svg).not.toContain("a & b");
  });

  test("leaves gaps where there is no number, and draws one epoch as its mark alone", () => {
    expect(chart({ curves: [curve([0, Number.NaN, 1])] })).toContain('points="48.0,236.0 400.0,26.0"');
    expect(chart({ curves: [curve([0.5])] })).toMatch(/<circle class="mark alone" cx="48.0"/);
  });

  test("has the marks that are asked for, and faint curves without one, under the others", () => {
    const shapes = ["circle", "square", "triangle"];
    const curves = shapes.flatMap((shape) => [curve([0, 1], { shape }), curve([0, 2], { isFaint: true })]);
    const svg = chart({ curves });
    const marks = [...svg.matchAll(/<(circle|polygon) class="mark alone"(?: points="([^"]+)")?/g)];
    expect(marks.map(([, , points]) => points?.split(" ").length)).toEqual([undefined, 8, 6]);
    const drawn = [...svg.matchAll(/<polyline class="curve \w+( faint)?"/g)].map(([, faint]) => faint);
    expect(drawn).toEqual([" faint", " faint", " faint", undefined, undefined, undefined]);
  });

  test("has a level as a line in its band, and the ends' names apart, with leaders where they had to move", () => {
    const svg = chart({
      curves: [curve([0, 0.5], { label: "alone" }), curve([0, 0.5], { label: "answers", style: "answers" })],
      band: band(1),
    });
    expect(svg).toContain('<rect class="band teacher" x="48" width="352" y="89.0" height="14.0"/>'); // 0.95 … 1.05 of 0 … 1.5
    const labels = [...svg.matchAll(/<text class="label \w+" x="413" y="([\d.]+)">(\w+)</g)];
    expect(labels.map(([, , name]) => name)).toEqual(["teacher", "alone", "answers"]);
    const [, alone, answers] = labels.map(([, y]) => Number(y));
    expect(answers! - alone!).toBeCloseTo(18, 6);
    expect(svg.match(/class="leader/g)).toHaveLength(2);
  });

  function band(value: number) {
    const around = { low: value - 0.05, high: value + 0.05 };
    return { name: "teacher", label: "teacher", style: "teacher", value, ...around };
  }
});

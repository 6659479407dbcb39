import { findChromium } from "test-kit/browser";
import { expect, test } from "vitest";
import { lookAtPage } from "../../../test/look-at-page.ts";
import { compareArms, type Difference } from "../../judge/compare-arms.ts";
import { comparisonHeadline, comparisonPage } from "./comparison-page.ts";

const rows = [1, 2, 3].flatMap((seed) =>
  ["student alone", "student <b>"].flatMap((arm, k) =>
    Array.from({ length: 20 }, (_, i) => ({
      ...{ picture: String(i), label: "a", arm, seed, predicted: "a" },
      correct: i < 10 + 6 * k + (seed % 2),
    })),
  ),
);
const comparison = compareArms(rows);
const runs = [{ name: "seed-1", accuracies: { "student alone": 0.55, "student <b>": 0.85 } }];
const html = comparisonPage({ name: "three <seeds>", comparison, isByFolds: false, runs });

test("a comparison has accuracies, differences with their intervals and the runs' reports, escaped", () => {
  expect(html).toContain("<h1>+30.0 points: student &lt;b&gt; over student alone</h1>");
  expect(html).toContain('<p class="number">53.3<small>%</small></p>'); // 10 or 11 of 20: means of 11, 10 and 11
  expect(html).toContain("3 seeds, 20 pictures");
  expect(html).toMatch(/student &lt;b&gt; − student alone<\/th><td>\+30\.0<\/td>/);
  expect(html).toContain('<a href="seed-1/report.html">seed-1</a></th><td>55.0%</td><td>85.0%</td>');
  expect(html).not.toContain("<b>:");
  expect(html).not.toContain("<script");
  expect(html).toContain('<meta name="generator" content="deit-cli comparison">');
  expect(html).toMatch(/<desc id="differences-desc">student &lt;b&gt; − student alone: \+30\.0, /);
});

test("the headline is the largest difference that neither pictures nor seeds leave to chance", () => {
  const of = (difference: number, half: number, bySeeds?: number): Difference => ({
    ...{ first: "a", second: "b", seeds: 3, pictures: 9, difference },
    interval: { low: difference - half, high: difference + half },
    ...(bySeeds !== undefined && { bySeeds: { low: difference - bySeeds, high: difference + bySeeds } }),
  });
  expect(comparisonHeadline([of(0.1, 0.05), of(0.2, 0.3), of(-0.15, 0.1)])).toBe("+15.0 points: a over b");
  const fromAlone = { ...of(0.05, 0.01), first: "student alone" };
  expect(comparisonHeadline([of(0.1, 0.05), fromAlone])).toBe("+5.0 points: b over student alone");
  expect(comparisonHeadline([of(0.1, 0.05, 0.2)])).toBe("No clear difference between the models");
  expect(comparisonHeadline([])).toBe("A model and its accuracy");
});

const chromium = findChromium();
test.runIf(chromium !== undefined)("a comparison fits a phone and a wide screen", async () => {
  for (const look of await lookAtPage(chromium!, html, [360, 1280]))
    expect(look.scrollWidth, `at ${look.width}`).toBeLessThanOrEqual(look.width);
});

import { findChromium } from "test-kit/browser";
import { describe, expect, test } from "vitest";
import { lookAtPage } from "../../../test/look-at-page.ts";
import { settingsOf } from "../../../test/workspace.ts";
import { COLORS } from "../../html/colors.ts";
import { photoUri } from "../../html/data-uri.ts";
import type { ModelResult, RunResult } from "../../runs/run-result.ts";
import { curvesSvg } from "../curves-svg.ts";
import type { Evidence } from "../evidence.ts";
import { htmlReport } from "./page.ts";

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
const rights = (count: number, all: number) => Array.from({ length: all }, (_, i) => i < count);
const modelsOf = (names: readonly ModelResult["name"][], right: readonly boolean[]): ModelResult[] =>
  names.map((name) => ({ ...figures, name, right }));
const result: RunResult = {
  settings,
  dataDescription: "100 drawn flowers.",
  teacherDescription: "A network",
  models: modelsOf(["teacher", "student alone", "student distilled"], rights(6, 10)),
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
const source = "data:image/png;base64,AA==";
const shares = { source, ends: ["0.4×", "3.1×"] } as const;
const evidence: Evidence = {
  classNames: ["daisy", "tulip"],
  models: result.models.map(({ name }) => ({ name, predictions })),
  student: "student distilled",
  mistakes: [
    {
      ...{ source, key: "tulip/7.jpg", label: "tulip" },
      answers: [
        { name: "teacher", predicted: "tulip", probability: 0.614 },
        { name: "student distilled", predicted: "<i>daisy", probability: 0.7 },
      ],
    },
  ],
  attention: [{ source, label: "tulip", shares }],
  folder: "runs/x",
};
const html = htmlReport(result, evidence);

describe("a report", () => {
  test("is one file that loads nothing, runs nothing, has every number and escapes names", () => {
    expect(html).not.toMatch(/\b(src|href)="(?!https:\/\/arxiv\.org|data:)/);
    expect(html).not.toContain("<script");
    expect(html).toContain("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
    expect(html).not.toContain("<b>x");
    expect(html).not.toContain("<i>daisy");
    for (const text of ["1,234", "60.0%", "99", "33", "student distilled, validation", "patchSize", "1.2 GB"])
      expect(html).toContain(text);
  });

  test("begins with the verdict and each model's accuracy with its interval", () => {
    expect(html).toContain("<h1>No clear difference: 60.0% with the teacher, 60.0% alone</h1>");
    // scipy.stats.binomtest(6, 10).proportion_ci(method="wilson")
    expect(html.match(/<p class="note">31\.3 to 83\.2%<\/p>/g)).toHaveLength(3);
    expect(html).toContain('<p class="difference">0.0 points <span class="note">(−16.3 to +16.3)</span></p>');
  });

  test("has headings in order, without a level left out", () => {
    const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  test("has charts of accuracy and loss, and of the rest folded, with the teacher as a band", () => {
    const titles = [...html.matchAll(/<figcaption>(\w[^<]*)</g)].map(([, title]) => title);
    expect(titles).toEqual(["Accuracy", "Loss", "Learning rate", "Loss of the teacher"]);
    expect(html.slice(0, html.indexOf("<details>"))).not.toContain("Learning rate</fig");
    expect(html).toContain("teacher, last epoch: 60%; student alone, validation ends at 60%");
    expect(html).toContain('<rect class="band teacher"');
    expect(html).not.toContain("student distilled, training ends at 0.50"); // a loss with the teacher's part
    expect(html).toContain("student alone, training ends at 0.50");
  });

  test("has confusion matrices, and recall and precision of each class under their model", () => {
    const [table] = html.match(/<table class="confusion">.*?<\/table>/s)!;
    const counts = [...table.matchAll(/>(\d+)<\/td>/g)].map(([, count]) => Number(count));
    expect(counts).toEqual([1, 0, 1, 1]);
    // The one daisy is right, one tulip is predicted as a daisy; the other tulip is right.
    expect(html).toContain('<th scope="row">tulip</th><td>2</td><td>50.0%</td><td>100.0%</td>');
    expect(html).toContain("daisy</th><td>1</td><td>100.0%</td><td>50.0%</td>");
    expect(html.match(/<th scope="colgroup" colspan="2">/g)).toHaveLength(5); // three models, accuracy, images/s
  });

  test("has what each model says of a mistake, marked as right or wrong in words too", () => {
    expect(html).toMatch(
      /teacher<\/th><td>.*?✓<span class="unseen">right<\/span><\/span> tulip<\/td><td>61%/,
    );
    expect(html).toMatch(
      /distilled<\/th><td>.*?✗<span class="unseen">wrong<\/span><\/span> &lt;i&gt;daisy<\/td><td>70%/,
    );
  });

  test("does not mention a teacher or distillation for a student alone, except to suggest one", () => {
    const { teacherDescription: _, ...rest } = result;
    const alone = {
      ...rest,
      settings: { ...settings, run: { ...settings.run, students: "alone" as const } },
      models: [result.models[1]!],
    };
    const page = htmlReport(alone, {
      ...evidence,
      student: "student alone",
      models: [evidence.models[1]!],
      mistakes: [],
    });
    expect(page.replace(/^.*<main>|<h2>Again.*/gs, "")).not.toMatch(/teacher|distill/i);
    expect(page).toContain("Worst mistakes: student alone");
    expect(page).toContain("None: every held-out picture is classified right.");
  });

  test("has an alternative text for each picture, and a second token's difference where there is one", () => {
    const page = htmlReport(result, {
      ...evidence,
      attention: [{ source, label: "tulip", shares, difference: shares }],
    });
    const altsOf = (text: string) => [...text.matchAll(/<img [^>]*?alt="([^"]*)"/g)].map(([, alt]) => alt);
    expect(altsOf(html)).toEqual([
      "tulip/7.jpg",
      "tulip",
      "attention of the class token over the tulip, from 0.4× to 3.1×",
    ]);
    expect(altsOf(page)[3]).toBe("difference of the distillation token over the tulip, from 0.4× to 3.1×");
    expect(html).toContain("The distillation token looks at the same patches.");
    expect(page).not.toContain("looks at the same patches");
  });

  test("the curves are an SVG file of their own too", () => {
    const svg = curvesSvg(result);
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="-16 -16 792 392" width="792"/,
    );
    expect(svg).toContain("@media (prefers-color-scheme: dark)");
    expect(svg).not.toMatch(/var\(--(?!line|muted|card)/);
  });
});

test("colors of texts have a contrast of 4.5 or more on cards and pages, light and dark", () => {
  const { page, card, line: _, ...texts } = COLORS;
  for (const scheme of [0, 1] as const)
    for (const [name, text] of Object.entries(texts))
      for (const ground of [page, card])
        expect(contrast(text[scheme], ground[scheme]), name).toBeGreaterThanOrEqual(4.5);
  expect(contrast("#ffffff", "#000000")).toBe(21);
});

/** Contrast of two colors. https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const luminances = [one, other].map((hex) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  });
  const [dark, light] = luminances.sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const chromium = findChromium();
if (chromium === undefined)
  process.stderr.write("reports are not opened in a browser: no chromium on the PATH (or set CHROMIUM)\n");

/** A report of the demo's size: four models, five classes, six mistakes, the longest notes. */
async function demoReport(): Promise<string> {
  const demo = settingsOf({ preset: "demo" });
  const classNames = ["dandelion", "daisy", "tulips", "sunflowers", "roses"];
  const names = ["teacher", "student alone", "student by answers", "student by features"] as const;
  const curve = Array.from({ length: 12 }, (_, i) => 0.3 + 0.04 * i);
  const long = { loss: curve, val_loss: curve, accuracy: curve, val_accuracy: curve };
  const models = names.map((name, i) => ({
    ...{ ...figures, name, history: long, valAccuracy: 0.7 + 0.05 * i, params: 358_373, waitingShare: 0.02 },
    right: rights(700 + 50 * i, 1000),
  }));
  const photo = await photoUri({ data: new Uint8Array(192 * 192 * 3).fill(90), width: 192, height: 192 });
  const labels = classNames.map((_, i) => i);
  const probabilities = labels.map((i) => Float32Array.from(labels, (k) => (k === i ? 1 : 0)));
  return htmlReport(
    {
      ...{ ...result, settings: demo, models },
      environment: { ...result.environment, validationImages: 1000 },
      dataDescription: "3700 drawn flowers, 5 classes: 2700 to train on, 1000 held out.",
    },
    {
      ...{ classNames, student: "student by features", folder: `runs/${demo.run.name}` },
      models: names.map((name) => ({ name, predictions: { labels, probabilities } })),
      mistakes: Array.from({ length: 6 }, (_, i) => ({
        ...{ source: photo, key: `roses/${i}.png`, label: "sunflowers" },
        answers: names.map((name) => ({ name, predicted: "dandelion", probability: 0.99 })),
      })),
      attention: classNames.map((label) => ({
        source: photo,
        label,
        shares: { source: photo, ends: ["0.2×", "14.6×"] },
      })),
    },
  );
}

test.runIf(chromium !== undefined)(
  "a report of the demo is under 5,000 pixels long on a phone, scrolls downwards only, and has less than 1 MB",
  async () => {
    const page = await demoReport();
    expect(page.length).toBeLessThan(1e6);
    const [phone, screen] = await lookAtPage(chromium!, page, [390, 1280]);
    expect(phone!.height).toBeLessThan(5000);
    expect(phone!.height).toBeGreaterThan(2000); // it is there
    for (const look of [phone!, screen!]) {
      expect(look.scrollWidth, `at ${look.width}`).toBeLessThanOrEqual(look.width);
      expect(look).toMatchObject({ broken: 0, unnamed: 0 });
    }
  },
);

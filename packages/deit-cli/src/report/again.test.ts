import { describe, expect, test } from "vitest";
import { settingsOf } from "../../test/workspace.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { suggestions } from "./again.ts";

const RISING = [0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8];
const FLAT = [0.3, 0.5, 0.7, 0.78, 0.8, 0.8, 0.8, 0.8];
const OVERFITTED = [0.3, 0.5, 0.7, 0.8, 0.83, 0.82, 0.8, 0.78];
const right = (count: number) => Array.from({ length: 200 }, (_, i) => i < count);

/** What is suggested after a run of eight epochs, `[options, why]`; the taught student is right on `taught` of 200 pictures. */
function after(
  options: Readonly<Record<string, unknown>>,
  { curve = FLAT, taught = 160, teacher = 180 }: { curve?: number[]; taught?: number; teacher?: number } = {},
): string[][] {
  const settings = settingsOf({ epochs: 8, hints: "auto", ...options });
  const model = (name: ModelResult["name"], count: number): ModelResult => ({
    ...{ name, params: 1, imagesPerSecond: 1, valAccuracy: count / 200, right: right(count) },
    history: { val_accuracy: curve },
  });
  const { students } = settings.run;
  const models = [
    ...(students === "alone" ? [] : [model("teacher", teacher)]),
    ...(students === "distilled" ? [] : [model("student alone", 100)]),
    ...(students === "alone" ? [] : [model("student distilled", taught)]),
  ];
  const environment = { validationImages: 200 } as RunResult["environment"];
  return suggestions({ settings, models, environment }, "runs/my run").map(({ command, why }) => [
    command.replace("npx pnpm@12 start train ", ""),
    why,
  ]);
}

/** Preset of which nothing but what is under test speaks for a next run. */
const DRAWN = { preset: "tiny", students: "both" };
const own = (name: string) => `--config 'runs/my run/settings.json' --name 'my run-${name}'`;

describe("what to try after a run", () => {
  test("is another run of its settings with more epochs, where the accuracy still rises", () => {
    expect(after(DRAWN, { curve: RISING })).toEqual([
      [
        `${own("longer")} --epochs 16`,
        "The accuracy of the student distilled still rose, by 10.0 points from the third quarter of its epochs to the last: more epochs may help.",
      ],
    ]);
    expect(after({ ...DRAWN, epochs: 12 }, { curve: RISING })[0]![0]).toBe("--download"); // stopped early
  });

  test("is the best epoch's weights, where the last ones are worse, with what that costs", () => {
    const [[command, why]] = after(DRAWN, { curve: OVERFITTED }) as [[string, string]];
    expect(command).toBe(`${own("best")} --keep-best`);
    expect(why).toMatch(
      /^The student distilled was at 83\.0% after epoch 5 and ended at 78\.0%.* biased upwards\.$/,
    );
    expect(after({ ...DRAWN, keepBest: true }, { curve: OVERFITTED })[0]![0]).toBe("--download");
  });

  test("is three seeds, where the difference may be chance", () => {
    expect(after(DRAWN, { taught: 101 })).toEqual([
      [
        `${own("42-and-more")} --seeds 3`,
        "The student distilled is +0.5 points from the student alone, which may be chance (95% interval: −0.9 to +1.9): three seeds tell more.",
      ],
    ]);
  });

  test("is the teacher's features, where only its answers taught", () => {
    expect(after({ ...DRAWN, hints: "off" })[0]![0]).toBe(`${own("features")} --students all`);
    expect(after({ ...DRAWN, hints: "off", teacher: "m/model.json" })[0]![0]).toBe("--download");
  });

  test("is a teacher, where there was none, and a better one where it knows no more than the student", () => {
    expect(after({ ...DRAWN, students: "alone" })[0]![0]).toBe(`${own("taught")} --students both`);
    expect(after(DRAWN, { teacher: 100 })[0]![0]).toBe(`${own("teacher")} --teacher-epochs 4`);
  });

  test("is published weights for photos, on the same photos", () => {
    const [[command]] = after({ preset: "photos", data: "my photos" }) as [[string]];
    expect(command).toMatch(/^--data 'my photos' --preset (quick|finetune --weights \S+)$/);
    expect(after({ preset: "photos", data: "p", weights: "w.safetensors" })[0]![0]).toBe(
      `${own("42-and-more")} --seeds 3`,
    );
  });

  test("is at most three commands, the most telling first", () => {
    const all = after(
      { preset: "photos", data: "p", hints: "off", alpha: 0.5 },
      { curve: RISING, taught: 101, teacher: 90 },
    );
    expect(all.map(([command]) => command!.match(/--(epochs|seeds|students|teacher-epochs)/)?.[1])).toEqual([
      ...["epochs", "seeds", "students"],
    ]);
  });
});

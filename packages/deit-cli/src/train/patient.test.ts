import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadLayersModelFile } from "open-classifier";
import { emptyFolder } from "test-kit";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { PRESETS } from "../settings/presets.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

const MATCHING = { alpha: 1, distillation: "soft", temperature: 5, mixup: 1, labelSmoothing: 0 } as const;

async function tinyRun(options: Record<string, unknown>) {
  const out = await emptyFolder();
  const output = recorder();
  const given = { preset: "tiny", name: "run", out, backend: "wasm", count: 60, ...options };
  const result = await run(settingsOf(given), output);
  return { result, folder: join(out, "run"), text: output.text() };
}

describe("--alpha 1", () => {
  test("teaches the transformer of one head, which alone is evaluated, saved and reported", async () => {
    const one = await tinyRun(MATCHING);
    const [, alone, distilled] = one.result.models;
    expect(distilled!.params).toBe(alone!.params);
    expect(one.text).toContain("which learns the teacher's predictions only, no labels.");
    const saved = await loadLayersModelFile(join(one.folder, "student-distilled"));
    expect(saved.outputs.map(({ shape }) => shape)).toEqual([[null, 5]]);
    expect(saved.countParams()).toBe(alone!.params);
    const { history } = distilled!;
    expect(history.loss).toEqual(history.distillation_loss);
    const report = await readFile(join(one.folder, "report.html"), "utf8");
    expect(report).toContain("function matching");
    expect(report).not.toContain("second token learns");

    const two = await tinyRun({ ...MATCHING, replicas: 2 });
    for (const [name, values] of Object.entries(history)) {
      const got = two.result.models[2]!.history[name]!;
      values.forEach((value, epoch) => void expect(got[epoch]).toBeCloseTo(value, 4));
    }
  });

  test("is the preset patient: no labels, every batch mixed", () => {
    const { recipe } = settingsOf({ preset: "patient", name: "x" });
    expect(recipe).toMatchObject({
      alpha: 1,
      labelSmoothing: 0,
      distillation: { kind: "soft", temperature: 5 },
      mixing: { mixupAlpha: 1, cutmixAlpha: 0, probability: 1 },
    });
    expect(recipe).toEqual(PRESETS.patient!.recipe);
  });
});

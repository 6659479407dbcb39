import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadLayersModelFile, runStudent } from "open-classifier";
import { emptyFolder } from "test-kit";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import type { Edits } from "../options/edits.ts";
import { editsOf } from "../options/edits-of.ts";
import { resolveSettings } from "../settings/resolve-settings.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

async function tinyRun(options: Record<string, unknown>, edits: Edits = {}) {
  const out = await emptyFolder();
  const output = recorder();
  const given = editsOf({ preset: "tiny", name: "run", out, backend: "wasm", ...options });
  const result = await run(resolveSettings({ ...given, ...edits }), output);
  return { result, folder: join(out, "run"), text: output.text() };
}

describe("--hints", () => {
  test("and --alpha 0 teach the plain transformer by features alone, with one thread as with two", async () => {
    const options = { hints: "auto", alpha: 0, count: 60 };
    const one = await tinyRun(options);
    expect(one.text).toContain(
      "hints: the teacher's norm.act to blocks.0, stages.1.blocks.0.add to blocks.0",
    );
    expect(one.text).toContain("whose patches also learn features of the teacher's layers");
    const [, alone, distilled] = one.result.models;
    expect(distilled!.params).toBe(alone!.params);
    const saved = await loadLayersModelFile(join(one.folder, "student-distilled"));
    expect(saved.countParams()).toBe(alone!.params);
    const { hint_loss: hintLoss, distillation_loss: none } = distilled!.history;
    expect(none).toBeUndefined();
    expect(hintLoss![1]).toBeLessThan(hintLoss![0]!);
    const two = await tinyRun({ ...options, replicas: 2 });
    for (const [name, values] of Object.entries(distilled!.history)) {
      const got = two.result.models[2]!.history[name]!;
      values.forEach((value, epoch) => void expect(got[epoch]).toBeCloseTo(value, 4));
    }
  });

  test("teach beside the token, by pairs, with statistics of each channel and an end", async () => {
    const hints = { whitening: "channels", share: 0.5, pairs: [{ teacher: "norm.act" }], weight: 1 };
    const { result, text } = await tinyRun({ students: "distilled", count: 60 }, { "recipe.hints": hints });
    expect(text).toContain("hints: the teacher's norm.act to blocks.0");
    const { history } = result.models[1]!;
    expect(history.hint_loss![0]).toBeGreaterThan(0);
    expect(history.hint_loss![1]).toBe(0);
    expect(history.distillation_loss).toHaveLength(2);
  });

  test("and --students all teach the same transformer in both ways, each as in a run of its own", async () => {
    const weights = async (folder: string, stage: string) => readFile(join(folder, stage, "weights.bin"));
    const all = await tinyRun({ students: "all", count: 60 });
    expect(all.result.models.map(({ name }) => name)).toEqual([
      ...["teacher", "student alone", "student by answers", "student by features"],
    ]);
    expect(all.text).toContain("3 of 4  The student by answers.");
    expect(all.text).toContain("4 of 4  The student by features.");
    expect(runStudent(all.folder)).toBe(join(all.folder, "student-features"));
    const answers = await tinyRun({ students: "distilled", count: 60 });
    const features = await tinyRun({ students: "distilled", hints: "auto", alpha: 0, count: 60 });
    for (const [stage, other] of [
      ["teacher", answers],
      ["student-answers", answers],
      ["student-features", features],
    ] as const) {
      const name = stage === "teacher" ? stage : "student-distilled";
      expect(await weights(all.folder, stage)).toEqual(await weights(other.folder, name));
    }
    const report = await readFile(join(all.folder, "report.html"), "utf8");
    for (const text of ["student by answers, validation", "Worst mistakes: student by features"])
      expect(report).toContain(text);
  });

  test.each([
    [
      "norm.act:blocks.1",
      "--hints: FeatureHints: pairs[0]: the student's layer 'blocks.1' must have its 9 patch tokens",
    ],
    ["norm.axt", "--hints: layersTeacher: the model must have a layer 'norm.axt'"],
  ])("%s: refused before anything is trained", async (hints, message) => {
    await expect(tinyRun({ hints })).rejects.toThrow(message);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ hints: "a:b:c" }, "--hints: expected teacherLayer:studentLayer, … or auto or off, got 'a:b:c'"],
    [{ hints: "a:" }, "--hints: expected teacherLayer:studentLayer, … or auto or off, got 'a:'"],
    [{ hints: "off", hintWeight: 1 }, "--hint-weight: expected --hints with it, got --hints off"],
    [{ hintWeight: 0 }, "--hint-weight: recipe.hints.weight must be a finite number > 0, got 0"],
    [
      { hints: "auto", storeLogits: "logits", viewEpochs: 1 },
      "--store-logits: expected --hints off, since the teacher runs on every batch for them, got hints",
    ],
  ])("refuses %j", (options, message) => {
    expect(() => settingsOf({ preset: "tiny", ...options })).toThrow(message);
  });

  test("are pairs of layers in the settings", () => {
    const { recipe } = settingsOf({
      preset: "tiny",
      hints: "norm.act:blocks.0, stages.1.blocks.0.add",
      hintWeight: 3,
    });
    const pairs = [{ teacher: "norm.act", student: "blocks.0" }, { teacher: "stages.1.blocks.0.add" }];
    expect(recipe.hints).toEqual({ weight: 3, pairs });
    expect(settingsOf({ preset: "tiny", hints: "auto" }).recipe.hints).toEqual({});
    expect(settingsOf({ preset: "tiny", hints: "off" }).recipe.hints).toBeUndefined();
  });
});

// `--precision`: a whole run in half precision on a device that has it, and what a run refuses.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { startHalfWebGpu } from "test-kit/backends";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { COMMANDS } from "../cli.ts";
import { trainSettings } from "../commands/train.ts";
import { useSettings } from "../commands/use-settings.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

const missing = await startHalfWebGpu();

const TINY = {
  ...{ preset: "tiny", students: "alone", count: 60, epochs: 3, batchSize: 16, microBatchSize: 16 },
  ...{ backend: "webgpu", checkpointEvery: 1 },
} as const;

async function tinySettings(options: Record<string, unknown> = {}) {
  const out = await emptyFolder();
  return { folder: join(out, "run"), settings: settingsOf({ ...TINY, name: "run", out, ...options }) };
}

test("a run in half precision on another backend leaves nothing behind", async () => {
  const { settings } = await tinySettings({ backend: "wasm", precision: "mixed_float16" });
  await expect(run(settings, recorder())).rejects.toThrow(
    "--precision: expected --backend webgpu with mixed_float16, got the backend wasm",
  );
  expect(await readdir(settings.run.out)).toEqual([]);
  expect(() => settingsOf({ precision: "float16" })).toThrow(
    '--precision: run.precision must be "float32" or "mixed_float16", got \'float16\'',
  );
});

describe.skipIf(missing)(`half precision${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("trains, is in settings and report, and a run that was stopped resumes in it with the same bits", async () => {
    const whole = await tinySettings({ precision: "mixed_float16" });
    const output = recorder();
    const { models, environment } = await run(whole.settings, output);
    expect(output.text()).toMatch(/backend: webgpu, .*products in half precision\n/);
    expect(environment.backend).toContain("products in half precision");
    const saved = JSON.parse(await readFile(join(whole.folder, "settings.json"), "utf8"));
    expect(saved.run.precision).toBe("mixed_float16");
    const report = await readFile(join(whole.folder, "report.html"), "utf8");
    expect(report).toContain("mixed_float16");
    expect(report).toContain("products in half precision");

    const full = await tinySettings();
    const inFull = await run(full.settings, recorder());
    expect(inFull.environment.backend).not.toContain("half");
    const [half, single] = [models[0]!.history.loss!, inFull.models[0]!.history.loss!];
    expect(half).not.toEqual(single);
    half.forEach((loss, epoch) => void expect(loss).toBeCloseTo(single[epoch]!, 1));

    const stopped = await tinySettings({ precision: "mixed_float16" });
    const controller = new AbortController();
    await expect(run(stopped.settings, stopAfter(/epoch 2/, controller), controller.signal)).rejects.toThrow(
      "stopped and saved",
    );
    const resume = (options: Record<string, unknown> = {}) =>
      trainSettings(editsOf({ resume: stopped.folder, ...options }));
    expect(() => resume({ precision: "float32" })).toThrow(
      "--resume: expected the settings of the run, got others: run.precision was mixed_float16, is float32",
    );
    const again = await run(resume(), recorder());
    expect(again.models[0]!.history).toEqual(models[0]!.history);
    expect(await weightsOf(stopped.folder)).toEqual(await weightsOf(whole.folder));

    const evaluated = await evaluation(whole.folder, {});
    expect(evaluated).toEqual(await evaluation(whole.folder, { precision: "float32" }));
    expect((await evaluation(whole.folder, { precision: "mixed_float16" })).models[0].accuracy).toBe(
      models[0]!.valAccuracy,
    );
  });
});

/** An output that stops the run when a line of its log says so. */
function stopAfter(line: RegExp, controller: AbortController): LineOutput {
  return {
    write: (text: string) => {
      if (line.test(text)) controller.abort(new Interrupted("stopped"));
    },
  };
}

async function weightsOf(folder: string): Promise<Buffer[]> {
  const model = join(folder, "student-alone");
  const files = (await readdir(model)).filter((name) => name.endsWith(".bin")).sort();
  expect(files.length).toBeGreaterThan(0);
  return Promise.all(files.map((name) => readFile(join(model, name))));
}

/** What `evaluate --json` says. */
async function evaluation(folder: string, options: Record<string, unknown>) {
  const output = recorder();
  const { run: evaluate } = COMMANDS.find(({ name }) => name === "evaluate")!;
  await evaluate({ args: [folder], edits: editsOf(options), use: useSettings({ "use.json": true }), output });
  return JSON.parse(output.text());
}

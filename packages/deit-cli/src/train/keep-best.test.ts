import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { resumeSettings } from "../settings/resolve-settings.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

/** Learning rates under which the student is best in its first epochs. */
const OPTIONS = {
  ...{ preset: "tiny", name: "run", backend: "wasm", students: "alone", count: 60, heldOut: 50 },
  ...{ epochs: 8, learningRate: 0.03, schedule: "constant", keepBest: true, patience: 3 },
};

async function weightsOf(folder: string): Promise<Buffer> {
  return readFile(join(folder, "student-alone", "weights.bin"));
}

test.each([{}, { emaDecay: 0.9 }])(
  "the best epoch is saved and the training stops after it, killed or not, with %j",
  async (more) => {
    const options = { ...OPTIONS, ...more };
    const out = await emptyFolder();
    const output = recorder();
    const { models } = await run(settingsOf({ ...options, out }), output);
    const { history, valAccuracy, right } = models[0]!;
    const values = history["emaDecay" in more ? "val_ema_accuracy" : "val_accuracy"]!;
    const best = values.indexOf(Math.max(...values));
    expect(right).toHaveLength(50);
    expect(valAccuracy).toBe(values[best]);
    expect(values.length).toBe(Math.min(8, best + 1 + 3));
    expect(values.length).toBeLessThan(8);
    const sentence = `The student alone has the weights of epoch ${best + 1} of ${values.length} trained (8 planned). The held-out pictures chose the epoch, so the accuracy on them is biased upwards.`;
    expect(output.text()).toContain(sentence);
    expect(await readFile(join(out, "run", "report.html"), "utf8")).toContain(sentence);

    const again = await emptyFolder();
    const folder = join(again, "run");
    const stop = new AbortController();
    const stopping = {
      write: (text: string) => void (text.includes("epoch 3/8") && stop.abort(new Interrupted("stop"))),
    };
    await expect(run(settingsOf({ ...options, out: again }), stopping, stop.signal)).rejects.toThrow(
      Interrupted,
    );
    const resumed = await run(resumeSettings(savedSettings(folder), editsOf({ resume: folder })), recorder());
    expect(resumed.models[0]!.history).toEqual(history);
    expect(await weightsOf(folder)).toEqual(await weightsOf(join(out, "run")));
  },
);

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { settingsOf } from "../../test/workspace.ts";
import { requireSameEpochs } from "./resumed-epochs.ts";
import { writeSettings } from "./saved-settings.ts";

test.each([
  { patience: 1, trained: 3 }, // of 8 planned
  { trained: 8 },
])("a run with a trained student keeps its planned epochs, with %j", async ({ trained, ...options }) => {
  const folder = await emptyFolder();
  const settings = (epochs: number) => settingsOf({ preset: "tiny", name: "n", epochs, ...options });
  await writeSettings(folder, settings(8));
  await mkdir(join(folder, "resume"));
  const history = { loss: Array.from({ length: trained }, () => 1) };
  const result = { name: "student alone", params: 1, valAccuracy: 1, imagesPerSecond: 1, history };
  await writeFile(join(folder, "resume", "student-alone.json"), JSON.stringify({ result }));
  await requireSameEpochs(folder, settings(8));
  await expect(requireSameEpochs(folder, settings(12))).rejects.toThrow(
    `--epochs: expected 8, as the student alone of '${folder}' is trained for, got 12`,
  );
});

// The student that examples/deit-web takes away, opened in another page by stock transformers.js.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { emptyFolder, largestDifference } from "test-kit";
import { findChromium, resultOfPage, servePages } from "test-kit/browser";
import { expect, test } from "vitest";
import { builtPage } from "../../examples/deit-web/test/built-page.ts";
import {
  lookAtGray,
  openTab,
  prepare,
  SESSION_PAGE,
  SETTINGS,
  takenAway,
  train,
} from "../../examples/deit-web/test/tab.ts";
import { areThere } from "./programs.ts";
import { transformersPage } from "./transformers-page.ts";

const isWanted = (areThere && findChromium() !== undefined) || process.env.CONFORMANCE === "all";
if (!isWanted)
  process.stderr.write("taken-away.test.ts is skipped: no chromium, or see scripts/verifiers.sh\n");

/** Answers by class, after a softmax, of two float32 programs. */
const SAME = 1e-5;

const page = `
import { env, pipeline, RawImage } from "@huggingface/transformers";

const post = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
try {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/models/";
  env.backends.onnx.wasm.wasmPaths = "/ort/";
  const classify = await pipeline("image-classification", "exported");
  await post(await classify(new RawImage(new Uint8ClampedArray(3 * 40 * 30).fill(127), 40, 30, 3), { top_k: 5 }));
} catch (error) {
  await post({ error: String(error?.stack ?? error) });
}
`;

test.runIf(isWanted)("transformers.js answers as the tab that trained it", async () => {
  const server = await servePages({ folder: await builtPage(SESSION_PAGE) });
  const tab = await openTab(server.url);
  try {
    await prepare(tab.page, 60, { ...SETTINGS, teaching: "answers" });
    await train(tab.page);
    const expected = await lookAtGray(tab.page);
    const folder = await emptyFolder();
    for (const [path, bytes] of await takenAway(tab.page)) {
      const file = join(folder, "models/exported", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    const script = await transformersPage(page, folder);
    const classes = await resultOfPage(findChromium()!, script, { folder });
    expect(classes).toHaveLength(5);
    const found = classes as { label: string; score: number }[];
    expect(found.map(({ label }) => label).sort()).toEqual([...expected.keys()].sort());
    for (const { label, score } of found)
      expect(largestDifference([score], [expected.get(label)!]), label).toBeLessThan(SAME);
  } finally {
    await tab.chromium.close();
    await server.close();
  }
});

// Several writers at once, killed for good while they write: what is found is what was written.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { logitStore } from "../../node.ts";

const OF = { classes: 500, teacher: "t", views: "v" };
const ROWS = 64;

/** Writes blocks of rows, each row its key over and over, until it is killed. */
function writer(folder: string, first: number): Promise<number> {
  const program = `
    import { logitStore } from ${JSON.stringify(new URL("../../node.ts", import.meta.url).href)};
    const store = logitStore(${JSON.stringify(folder)}, ${JSON.stringify(OF)});
    for (let key = ${first}; ; key += ${ROWS}) {
      const keys = BigUint64Array.from({ length: ${ROWS} }, (_, i) => BigInt(key + i));
      await store.add(keys, Float32Array.from({ length: ${ROWS} * ${OF.classes} }, (_, i) => key + Math.floor(i / ${OF.classes})));
      process.stdout.write(\`\${key}\\n\`);
    }`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const flags = ["--import", tsx, "--conditions=@deit/source", "--input-type=module", "-e", program];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    if (text.split("\n").length > 30) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`a writer ended by itself: ${text}`));
      else resolve(Number(text.trim().split("\n").at(-1)));
    });
  });
}

test("what killed writers had finished is there, whole", async () => {
  const folder = await emptyFolder();
  const lasts = await Promise.all([writer(folder, 0), writer(folder, 1_000_000)]);
  const store = logitStore(folder, OF);
  for (const [i, last] of lasts.entries()) {
    const first = i * 1_000_000;
    const keys = BigUint64Array.from({ length: last + ROWS - first }, (_, row) => BigInt(first + row));
    const found = await store.find(keys);
    found.forEach((row, at) => {
      expect(row!.length).toBe(OF.classes);
      expect(new Set(row)).toEqual(new Set([first + at]));
    });
  }
  store.close();
});

// The README's program for a page, in Chromium, over pictures that the page has.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { findChromium, resultOfPage } from "test-kit/browser";
import { expect, test } from "vitest";
import { root } from "../scripts/packages.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const [, program] = /### In a browser\n[\s\S]*?^```ts norun\n([\s\S]*?)^```/m.exec(readme)!;

/** Eight light and eight dark pictures; what the program prints, and what it has stored, goes to the test. */
const page = `
import "@tensorflow/tfjs-backend-wasm";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { io } from "@tensorflow/tfjs-core";
setWasmPaths("/wasm/");
for (let i = 0; i < 16; i++) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 24 });
  const context = canvas.getContext("2d");
  context.fillStyle = i % 2 === 0 ? "#eee" : "#222";
  context.fillRect(0, 0, 40, 24);
  const img = Object.assign(new Image(), { src: canvas.toDataURL() });
  img.dataset.class = String(i % 2);
  await img.decode();
  document.body.append(img);
}
const printed = [];
console.log = (...values) => printed.push(values);
const post = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
try {
  await (await import("program")).default;
  await post({ printed, models: Object.keys(await io.listModels()) });
} catch (error) {
  await post({ error: String(error?.stack ?? error) });
}
`;

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write("readme-page.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");
}

test.runIf(chromium !== undefined)(
  "the README's program for a page trains there and stores its model",
  async () => {
    const bundle = await build({
      stdin: { contents: page, resolveDir: root, loader: "ts" },
      ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
      conditions: ["@deit/source"],
      plugins: [
        {
          name: "the README's program",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^program$/ }, ({ path }) => ({ path, namespace: "readme" }));
            onLoad({ filter: /./, namespace: "readme" }, () => ({
              contents: program!,
              resolveDir: root,
              loader: "ts",
            }));
          },
        },
      ],
    });
    const result = (await resultOfPage(chromium!, bundle.outputFiles[0]!.text)) as {
      error?: string;
      printed: [name: string, loss: number[]][];
      models: string[];
    };
    expect(result.error).toBeUndefined();
    const [[name, loss] = ["", []]] = result.printed;
    expect(name).toBe("wasm");
    expect(loss).toHaveLength(10);
    expect(loss.at(-1)!).toBeLessThan(loss[0]! / 2);
    expect(result.models).toEqual(["indexeddb://student"]);
  },
);

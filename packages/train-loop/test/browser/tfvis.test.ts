// tfjs-vis' callbacks, which need a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { bundled, findChromium, launchChromium, servePages } from "test-kit/browser";
import { expect, test } from "vitest";

const require = createRequire(import.meta.url);

test.runIf(findChromium() !== undefined)("tfvis.show.fitCallbacks draws a run", async () => {
  const tfvis = readFileSync(require.resolve("@tensorflow/tfjs-vis/dist/tfjs-vis.umd.min.js"));
  const server = await servePages({
    files: {
      "/": '<!doctype html><link rel="icon" href="data:,"><script src="/tfvis.js"></script><script type="module" src="/page.js"></script>',
      "/tfvis.js": tfvis,
      "/page.js": await bundled(new URL("tfvis-page.ts", import.meta.url)),
    },
  });
  const chromium = await launchChromium();
  try {
    const page = await chromium.context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(server.url);
    await page.waitForFunction("globalThis.run");
    expect(await page.evaluate("run()")).toBe(1);
    // Two tabs of curves: by batch and by epoch.
    expect(await page.locator("#tfjs-visor-container canvas").count()).toBeGreaterThanOrEqual(2);
    expect(errors).toEqual([]);
  } finally {
    await chromium.close();
    await server.close();
  }
});

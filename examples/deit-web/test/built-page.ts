import { cpSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedData } from "test-kit";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Published weights of DeiT-Ti, if this machine has them. */
export const WEIGHTS = sharedData("data/weights/deit_tiny_patch16_224_f16.safetensors");

/** Builds the page, or another one of this example, as `vite build` does. @returns The folder that has it as `site/`. */
export async function builtPage(html = "index.html"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "deit-web-"));
  const site = join(folder, "site");
  await build({
    ...{ root, logLevel: "error", configFile: join(root, "vite.config.ts"), publicDir: false },
    build: { outDir: site, emptyOutDir: true, rollupOptions: { input: join(root, html) } },
  });
  if (WEIGHTS !== undefined && existsSync(WEIGHTS))
    cpSync(WEIGHTS, join(site, dirname(html), "weights/model.safetensors"));
  return folder;
}

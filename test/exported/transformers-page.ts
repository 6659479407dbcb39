import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../scripts/packages.ts";
import { VERIFIERS } from "./programs.ts";

/**
 * Bundles a page's program that imports transformers.js, and puts ONNX Runtime's `.wasm` files, which it loads from `/ort/`, into
 * the folder that is served beside it.
 */
export async function transformersPage(program: string, folder: string): Promise<string> {
  const runtime = join(VERIFIERS, "node_modules/onnxruntime-web/dist");
  mkdirSync(join(folder, "ort"));
  for (const name of readdirSync(runtime).filter((one) => one.startsWith("ort-wasm")))
    cpSync(join(runtime, name), join(folder, "ort", name));
  const bundle = await build({
    stdin: { contents: program, resolveDir: root, loader: "js" },
    ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
    nodePaths: [join(VERIFIERS, "node_modules")],
    logLevel: "error",
  });
  return bundle.outputFiles[0]!.text;
}

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A page's program as one script, from the sources. */
export async function bundled(page: URL): Promise<string> {
  const bundle = await build({
    entryPoints: [fileURLToPath(page)],
    ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
    conditions: ["@deit/source"],
  });
  return bundle.outputFiles[0]!.text;
}

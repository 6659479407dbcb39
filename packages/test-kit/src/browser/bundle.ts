import { fileURLToPath } from "node:url";

/** Returns a page's or a Worker's program as one script, from the sources. */
export async function bundled(entry: URL): Promise<string> {
  const { build } = await import("esbuild");
  const bundle = await build({
    entryPoints: [fileURLToPath(entry)],
    ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
    conditions: ["@deit/source"],
    logLevel: "error",
  });
  return bundle.outputFiles[0]!.text;
}

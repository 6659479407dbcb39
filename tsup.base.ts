import { defineConfig, type Options } from "tsup";

/** The build every package shares: ESM and types from `src/index.ts`, nothing bundled but the package itself. */
export function packageBuild(options: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: ["src/index.ts"],
    format: ["esm"],
    target: "es2022",
    clean: true,
    sourcemap: true,
    dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
    ...options,
  });
}

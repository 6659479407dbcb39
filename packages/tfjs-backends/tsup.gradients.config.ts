import { defineConfig } from "tsup";

// Runs at install (`prepare`): plain Node cannot import tfjs-core's gradient registration (see register-gradients.ts),
// so this package carries it as one self-contained file, for its sources and its build alike.
export default defineConfig({
  entry: { register: "src/register-gradients.ts" },
  outDir: "gradients",
  format: ["esm"],
  target: "es2022",
  minify: true,
  silent: true,
  noExternal: [/tfjs-core/],
});

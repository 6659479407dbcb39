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
  // The application's tfjs-core runs first and so makes the engine: tensors of the bundled copy's engine would lack
  // what only a whole tfjs-core sets up (`tensor.clone()` throws there).
  banner: { js: 'import "@tensorflow/tfjs-core";' },
});

import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // any folder
  resolve: { conditions: ["@deit/source", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
});

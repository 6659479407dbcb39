import { defineConfig } from "vite";
import { serviceWorker } from "./service-worker.plugin.ts";

export default defineConfig({
  base: "./", // any folder
  resolve: { conditions: ["@deit/source", "module", "browser", "development|production"] },
  plugins: [serviceWorker()],
  worker: { format: "es" },
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});

import { defineConfig } from "vite";
import { serviceWorker } from "./service-worker.plugin.ts";

export default defineConfig({
  base: "./", // any folder
  resolve: { conditions: ["@deit/source", "module", "browser", "development|production"] },
  plugins: [serviceWorker()],
  // The development server looks for packages there too, else it finds the Worker's late and loads the page again.
  optimizeDeps: { entries: ["index.html", "src/worker/main.ts"] },
  worker: { format: "es" },
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});

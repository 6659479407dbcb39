import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Vitest 4 no longer discovers a workspace file: the `test` script names this one, and it is the only root config.
const packages = ["packages", "examples"].flatMap((parent) =>
  readdirSync(new URL(parent, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: entry.name, root: `${parent}/${entry.name}` })),
);

const report = process.env.TEST_REPORT;

export default defineConfig({
  resolve: { conditions: ["@deit/source"] },
  ssr: { resolve: { conditions: ["@deit/source", "node", "import", "default"] } },
  test: {
    // Slow machines are slow, not wrong: these are for what hangs.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: "forks",
    // Vitest leaves one core to itself, which on two cores is half of the machine.
    maxWorkers: Math.max(availableParallelism() - 1, Math.min(availableParallelism(), 2)),
    // TEST_REPORT: a file that gets the results as JSON too, for `.ci/run` to count.
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      ...packages.map(({ name, root }) => ({
        extends: true as const,
        root,
        test: { name, include: ["src/**/*.test.ts", "test/**/*.test.ts"] },
      })),
      {
        extends: true as const,
        test: { name: "repository", include: ["test/**/*.test.ts"], testTimeout: 600_000 },
      },
    ],
  },
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figures, fillFigures } from "../figures/figures.ts";
import { root } from "../packages.ts";
import type { ResultRow } from "./row.ts";

const TRAININGS = [
  ["The Keras example's recipe, distilled, 20 epochs", "keras-distilled", "student distilled"],
  [
    "the same as [the example](https://keras.io/examples/vision/deit/) prints it",
    "keras-example",
    "student distilled",
  ],
  ["the same student alone", "keras-alone", "student alone"],
  ["DeiT-Ti pretrained on ImageNet, fine-tuned, 6 epochs", "finetune", "student alone"],
  ["DeiT-Ti from scratch, 20 epochs", "deit-ti-alone-42", "student alone"],
] as const;

/** The table of the repository's README: last accuracies of `docs/results.json`, and the demo's of `docs/figures.json`. */
export function frontPageResults(rows: readonly ResultRow[], demo: Figures): string {
  const accuracyOf = (run: string, model: string): string => {
    const row = rows.find((it) => it.run === run && it.model === model);
    if (row === undefined)
      throw new Error(`results: expected the run '${run}' of the README in docs/results.json`);
    return `${(100 * row.valAccuracy.at(-1)!).toFixed(1)}%`;
  };
  const trainings = TRAININGS.map(([what, run, model]) => `| ${what} | ${accuracyOf(run, model)} |`);
  const drawn = ["teacher", "student alone", "student distilled"].map(
    (model) => `${model} ${demo.values[`${model}: accuracy`]!.toFixed(1)}%`,
  );
  return `| training on 3,303 photos of tf_flowers | accuracy on 367 held-out photos |
| --- | ---: |
${trainings.join("\n")}

\`npx pnpm@12 start\`, on drawn flowers: ${drawn.join(", ")}.`;
}

/** Writes the table into README.md anew. */
export function writeFrontPage(): void {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, "docs", path), "utf8"));
  const { "deit-cli": demo } = read("figures.json") as Record<string, Figures>;
  const readme = join(root, "README.md");
  const table = frontPageResults(read("results.json") as ResultRow[], demo!);
  writeFileSync(readme, fillFigures(readFileSync(readme, "utf8"), table));
}

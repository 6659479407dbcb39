// `npx pnpm@12 run figures`: runs the examples that print the figures of their READMEs (single-layer, custom-vit); their tests run
// them again and compare. `npx pnpm@12 run figures runs/<name>`: reads a finished run of the demo instead, because a run takes
// minutes. Both write docs/figures.json and the parts of the READMEs, the repository's among them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demo, FIGURED } from "./figures/examples.ts";
import { computedBy, type Figured, type Figures, fillFigures } from "./figures/figures.ts";
import { runExample } from "./figures/run-example.ts";
import { root } from "./packages.ts";
import { writeFrontPage } from "./results/front-page.ts";

const path = join(root, "docs/figures.json");
const [run] = process.argv.slice(2);
if (run === undefined) {
  for (const example of FIGURED) {
    const printed = await runExample(example.name);
    write(example, printed, computedBy(printed), new Date().toISOString().slice(0, 10));
  }
} else {
  const result = readFileSync(join(run, "result.json"), "utf8");
  const { settings, environment } = JSON.parse(result) as {
    settings: { run: { preset: string; seed: number } };
    environment: { date: string; backend: string; node: string };
  };
  if (settings.run.preset !== "demo" || settings.run.seed !== 42)
    throw new Error(`figures: ${run} is not the demo with seed 42`);
  write(
    demo,
    result,
    computedBy(environment.backend, environment.node.slice(1)),
    environment.date.slice(0, 10),
  );
}

function write(example: Figured, source: string, by: string, date: string): void {
  const all = JSON.parse(readFileSync(path, "utf8")) as Record<string, Figures>;
  const figures = { computedBy: by, date, values: example.read(source) };
  all[example.name] = figures;
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
  const readme = join(root, example.readme);
  writeFileSync(readme, fillFigures(readFileSync(readme, "utf8"), example.text(figures)));
  if (example === demo) writeFrontPage();
  console.log(`${example.name}: ${JSON.stringify(figures.values)}`);
}

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figures, fillFigures } from "../figures/figures.ts";
import { root } from "../packages.ts";
import type { ResultRow } from "./row.ts";
import { seedMeans } from "./seeds.ts";

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

/** Columns of `docs/results/features-photos.csv` in the table, as means over its seeds. */
const FEATURES = [
  ["A ViT at 96×96 from scratch, alone, 20 epochs, three seeds", "alone"],
  ["the same, distilled by features of MobileNetV2", "features of MobileNetV2"],
  ["the same, by features of a small BiT trained on the same photos", "features of BiT"],
] as const;

/** The table of the repository's README: last accuracies of `docs/results.json`, and means over seeds. */
function frontPageResults(rows: readonly ResultRow[], photos: ReadonlyMap<string, number>): string {
  const accuracyOf = (run: string, model: string): string => {
    const row = rows.find((it) => it.run === run && it.model === model);
    if (row === undefined)
      throw new Error(`results: expected the run '${run}' of the README in docs/results.json`);
    return `${(100 * row.valAccuracy.at(-1)!).toFixed(1)}%`;
  };
  const features = FEATURES.map(
    ([what, column]) => `| ${what} | ${(100 * photos.get(column)!).toFixed(1)}% |`,
  );
  const trainings = TRAININGS.map(([what, run, model]) => `| ${what} | ${accuracyOf(run, model)} |`);
  return `| training on 3,303 photos of tf_flowers | accuracy on 367 held-out photos |
| --- | ---: |
${[...trainings, ...features].join("\n")}`;
}

/** What the demo shows, for the first screen of the README. */
function frontPageDemo({ values }: Figures): string {
  const share = (model: string): string => `${values[`${model}: accuracy`]!.toFixed(1)}%`;
  const [alone, answers, features] = ["alone", "by answers", "by features"].map((way) =>
    share(`student ${way}`),
  );
  return `The student alone classifies ${alone} of the held-out drawings; taught by the teacher's answers, as in DeiT, ${answers}; by its
features, **${features}**. Taught by features it is after ${values["epochs by features"]} epochs as accurate as alone after ${values["epochs alone"]}.`;
}

/** The part of the README's first screen. */
const DEMO = /<!-- demo -->\n[\s\S]*?<!-- end -->/;

/** The repository's README with its parts written anew. */
export function fillFrontPage(
  readme: string,
  rows: readonly ResultRow[],
  photos: string,
  demo: Figures,
): string {
  if (!DEMO.test(readme)) throw new Error("results: expected <!-- demo --> … <!-- end --> in README.md");
  const shown = readme.replace(DEMO, () => `<!-- demo -->\n\n${frontPageDemo(demo)}\n\n<!-- end -->`);
  return fillFigures(shown, frontPageResults(rows, seedMeans(photos)));
}

/** Writes the table into README.md anew. */
export function writeFrontPage(): void {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, "docs", path), "utf8"));
  const { "deit-cli": demo } = read("figures.json") as Record<string, Figures>;
  const readme = join(root, "README.md");
  const photos = readFileSync(join(root, "docs/results/features-photos.csv"), "utf8");
  const rows = read("results.json") as ResultRow[];
  writeFileSync(readme, fillFrontPage(readFileSync(readme, "utf8"), rows, photos, demo!));
}

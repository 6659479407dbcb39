import { epochsSaved } from "../../packages/deit-cli/src/report/plain-words.ts";
import type { RunResult } from "../../packages/deit-cli/src/runs/run-result.ts";
import type { Figured, Figures } from "./figures.ts";

const singleLayer: Figured = {
  name: "single-layer",
  readme: "examples/single-layer/README.md",
  read(printed) {
    const accuracies = [
      ...printed.matchAll(/([\d.]+)% of the training pictures, ([\d.]+)% of the held-out ones/g),
    ];
    const losses = [...printed.matchAll(/loss by epoch: (.+)/g)].map(([, line]) =>
      line!.split(" ").map(Number),
    );
    const [plain, dropping] = accuracies;
    if (plain === undefined || dropping === undefined) throw new Error(`single-layer: got ${printed}`);
    return {
      epochs: losses[0]!.length,
      ...{
        withoutLearnt: Number(plain[1]),
        withoutOthers: Number(plain[2]),
        withoutLoss: losses[0]!.at(-1)!,
      },
      ...{ withLearnt: Number(dropping[1]), withOthers: Number(dropping[2]), withLoss: losses[1]!.at(-1)! },
    };
  },
  text({ values, ...made }) {
    const row = (name: string, learnt: number, others: number) =>
      `| ${name} | ${learnt.toFixed(1)}% | ${others.toFixed(1)}% | ${(learnt - others).toFixed(1)} |`;
    return `| ${values.epochs} epochs | training pictures | 250 held-out pictures | gap |
| --- | ---: | ---: | ---: |
${row("without", values.withoutLearnt!, values.withoutOthers!)}
${row("rates 0 … 0.3", values.withLearnt!, values.withOthers!)}

${origin(made)}`;
  },
};

const customVit: Figured = {
  name: "custom-vit",
  readme: "examples/custom-vit/README.md",
  read(printed) {
    const epochs = [...printed.matchAll(/loss ([\d.]+), (\d+)% of the held-out/g)];
    const [first, last] = [epochs[0], epochs.at(-1)];
    if (first === undefined || last === undefined) throw new Error(`custom-vit: got ${printed}`);
    const accuracy = Number(last[2]);
    return { epochs: epochs.length, firstLoss: Number(first[1]), lastLoss: Number(last[1]), accuracy };
  },
  text: ({ values: { epochs, firstLoss, lastLoss, accuracy }, ...made }) =>
    `In ${epochs} epochs of 720 drawn flowers, ${epochs! * 30} steps, the loss falls from ${firstLoss!.toFixed(2)} to ` +
    `${lastLoss!.toFixed(2)}, and ${accuracy}% of 80 held-out\npictures are right (chance 20%, one standard error 5%). ${origin(made)}`,
};

const MODELS = ["teacher", "student alone", "student by answers", "student by features"];

/** The demo, whose figures are read from a finished run's `result.json`: a run takes minutes. */
export const demo: Figured = {
  name: "deit-cli",
  readme: "packages/deit-cli/README.md",
  read(result) {
    const { settings, models } = JSON.parse(result) as Pick<RunResult, "settings" | "models">;
    const saved = epochsSaved({ settings, models });
    if (saved?.student.name !== "student by features")
      throw new Error(
        "figures: expected the student by features to end best and to be as good as the one alone sooner",
      );
    const figures = models.flatMap(({ name, params, valAccuracy, imagesPerSecond, trainImagesPerSecond }) => [
      [`${name}: parameters`, Number(params)],
      [`${name}: accuracy`, Number((100 * Number(valAccuracy)).toFixed(1))],
      [`${name}: images/s`, Math.round(Number(imagesPerSecond))],
      [`${name}: images/s in training`, Math.round(Number(trainImagesPerSecond))],
    ]);
    const epochs = { "epochs alone": saved.alone, "epochs by features": saved.distilled };
    return { ...Object.fromEntries(figures), ...epochs };
  },
  text({ values, ...made }) {
    const count = (name: string) => values[name]!.toLocaleString("en");
    const rows = MODELS.map((model) => {
      const accuracy = `${values[`${model}: accuracy`]!.toFixed(1)}%`;
      const speeds = [count(`${model}: images/s`), count(`${model}: images/s in training`)];
      return `| ${[model, count(`${model}: parameters`), accuracy, ...speeds].join(" | ")} |`;
    });
    return `| model | parameters | validation accuracy | images/s | images/s in training |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}

${origin(made)}`;
  },
};

/** The examples that print the figures of their READMEs. */
export const FIGURED: readonly Figured[] = [singleLayer, customVit];

function origin({ computedBy, date }: Omit<Figures, "values">): string {
  return `(${computedBy} build of the kernels, ${date}.)`;
}

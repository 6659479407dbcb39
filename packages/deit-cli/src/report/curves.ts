import { type Curve, lineChart } from "../html/line-chart.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { percent } from "../terminal/format.ts";

/** CSS class with a model's color. */
export const MODEL_STYLE: Readonly<Record<ModelResult["name"], string>> = {
  teacher: "teacher",
  "student alone": "alone",
  "student distilled": "distilled",
  "student by answers": "answers",
  "student by features": "distilled",
};

/** Charts of the students' accuracy, with the teacher's as a line, of losses and of learning rates. */
export function curveCharts({ models }: RunResult): string {
  const students = models.filter(({ name }) => name !== "teacher");
  const epochs = Math.max(2, ...students.map(({ history }) => history.loss?.length ?? 0));
  const teacher = models.find(({ name }) => name === "teacher");
  const line: Curve[] =
    teacher === undefined
      ? []
      : [
          {
            name: "teacher, last epoch",
            style: "teacher",
            epochs: [1, epochs],
            values: [teacher.valAccuracy, teacher.valAccuracy],
          },
        ];
  const accuracies = [...line, ...students.flatMap((model) => curves(model, "accuracy", "val_accuracy"))];
  const losses = students.flatMap((model) => curves(model, "loss", "val_loss"));
  const loss = (value: number): string => value.toFixed(2);
  const charts = [
    {
      title: "Accuracy",
      curves: accuracies,
      format: (value: number) => percent(value).replace(/\.0%/, "%"),
    },
    { title: "Loss", curves: losses, format: loss },
    {
      title: "Learning rate",
      curves: rateCurves(students),
      format: (value: number) => (value === 0 ? "0" : value.toExponential(1)),
    },
    // A chart of its own: a probe has many more epochs than a student.
    {
      title: "Loss of the teacher",
      curves: teacher ? curves(teacher, "loss", "val_loss") : [],
      format: loss,
    },
  ].flatMap((chart) => (chart.curves.length > 0 ? [lineChart(chart)] : []));
  return `<section class="charts">\n${charts.join("\n")}\n</section>`;
}

/** The students' learning rates; one curve where they are the same. */
function rateCurves(students: readonly ModelResult[]): Curve[] {
  const all = students.flatMap(({ name, learningRates }) =>
    learningRates === undefined || learningRates.values.length === 0
      ? []
      : [{ ...learningRates, name: String(name), style: MODEL_STYLE[name] }],
  );
  const [first, ...others] = all;
  const isSame = others.every(({ values }) => JSON.stringify(values) === JSON.stringify(first?.values));
  return first !== undefined && others.length > 0 && isSame
    ? [{ ...first, name: "all students", style: "both" }]
    : all;
}

function curves(model: ModelResult, training: string, validation: string): Curve[] {
  const style = MODEL_STYLE[model.name];
  const [train, held] = [model.history[training] ?? [], model.history[validation] ?? []];
  return [
    { name: `${model.name}, validation`, values: held, style },
    { name: `${model.name}, training`, values: train, style, dashed: true },
  ].filter((curve) => curve.values.length > 0);
}

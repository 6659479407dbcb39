import { type Curve, type LineChart, lineChart } from "../../chart/line-chart.ts";
import { wilson } from "../../judge/significance.ts";
import type { ModelResult, RunResult } from "../../runs/run-result.ts";
import { percent } from "../../terminal/format.ts";
import { MODEL_SHAPE, MODEL_STYLE, shortName } from "./models.ts";

const share = (value: number): string => percent(value).replace(/\.0%/, "%");
const loss = (value: number): string => value.toFixed(2);
const learningRate = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

/** Chart of the students' accuracy, with the teacher's as a band. */
export function accuracyChart({ models, environment }: Pick<RunResult, "models" | "environment">): LineChart {
  const teacher = models.find(({ name }) => name === "teacher");
  const trials = teacher?.right?.length ?? environment.validationImages;
  const band = teacher && {
    ...{
      name: "teacher, last epoch",
      label: "teacher",
      style: MODEL_STYLE.teacher,
      value: teacher.valAccuracy,
    },
    ...wilson(Math.round(teacher.valAccuracy * trials), trials),
  };
  return {
    ...(models.at(-1)?.multiLabel
      ? { title: "Exact match", axis: "exact match" }
      : { title: "Accuracy", axis: "accuracy" }),
    ...{ format: share, id: "accuracy" },
    ...(band && { band }),
    curves: students(models).flatMap((model) => curves(model, "accuracy", "val_accuracy")),
  };
}

/** Charts that a run has curves for; the first two are its accuracy and its loss. */
export function curveCharts(result: RunResult): LineChart[] {
  const { models } = result;
  const teacher = models.filter(({ name }) => name === "teacher");
  const charts: LineChart[] = [
    accuracyChart(result),
    {
      ...{ title: "Loss", axis: models.at(-1)?.multiLabel ? "loss" : "loss, cross-entropy" },
      ...{ format: loss, id: "loss" },
      curves: students(models).flatMap(losses),
    },
    {
      title: "Learning rate",
      axis: "learning rate",
      format: learningRate,
      id: "rate",
      curves: rates(models),
    },
    // A chart of its own: a probe has many more epochs than a student.
    {
      ...{ title: "Loss of the teacher", axis: "loss, cross-entropy", format: loss, id: "teacher-loss" },
      curves: teacher.flatMap((model) => curves(model, "loss", "val_loss")),
    },
  ];
  return charts.filter(({ curves: drawn }) => drawn.length > 0);
}

/** A chart as a figure of the page. */
export function chartFigure(chart: LineChart): string {
  return `<figure><figcaption>${chart.title}</figcaption>${lineChart(chart)}</figure>`;
}

const students = (models: readonly ModelResult[]) => models.filter(({ name }) => name !== "teacher");

/** The students' learning rates; one curve where they are the same. */
function rates(models: readonly ModelResult[]): Curve[] {
  const all = students(models).flatMap(({ name, learningRates }) =>
    learningRates === undefined || learningRates.values.length === 0
      ? []
      : [{ ...learningRates, name: String(name), ...look(name) }],
  );
  const [first, ...others] = all;
  const isSame = others.every(({ values }) => JSON.stringify(values) === JSON.stringify(first?.values));
  return first !== undefined && others.length > 0 && isSame
    ? [{ ...first, name: "all students", label: "all students", style: "both", shape: "circle" }]
    : all;
}

/** A taught student's training loss has the teacher's part too: it would be on another scale. */
function losses(model: ModelResult): Curve[] {
  const all = curves(model, "loss", "val_loss");
  return model.name === "student alone" ? all : all.filter(({ isFaint }) => !isFaint);
}

function curves(model: ModelResult, training: string, validation: string): Curve[] {
  const own = look(model.name);
  const [train, held] = [model.history[training] ?? [], model.history[validation] ?? []];
  return [
    { ...own, name: `${model.name}, validation`, values: held },
    { name: `${model.name}, training`, values: train, style: own.style, isFaint: true },
  ].filter((curve) => curve.values.length > 0);
}

function look(name: ModelResult["name"]) {
  const shape = MODEL_SHAPE[name];
  return { label: shortName(name), style: MODEL_STYLE[name], ...(shape && { shape }) };
}

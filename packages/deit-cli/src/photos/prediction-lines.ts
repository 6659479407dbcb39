import { csvLine } from "../files/csv.ts";
import { probabilityBars } from "../terminal/bars.ts";
import type { Recognised, Unrecognized } from "./recognize.ts";

/** Forms of predictions. */
export type PredictionFormat = "text" | "json" | "jsonl" | "csv";

/** Predictions of one photo, and its drawing. */
type Prediction = (Recognised & { readonly attention?: string }) | Unrecognized;

/** How predictions are written: a beginning, each photo as it comes, an end. */
export interface PredictionLines {
  readonly begin: string;
  line(prediction: Prediction): string;
  end(): string;
}

/** The form of a file by its extension; text for others. */
export function formatOf(path: string): PredictionFormat {
  const extension = /\.(json|jsonl|ndjson|csv)$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === "ndjson") return "jsonl";
  return (extension as PredictionFormat | undefined) ?? "text";
}

/** What a prediction's file says of the model, in JSON. */
export interface PredictionFacts {
  readonly model: string;
  readonly temperature?: number;
  readonly tta?: string;
  /** Probability above which a photo is said to have a class, where it may have several. Default: all classes are shown. */
  readonly threshold?: number;
  readonly leftOut: readonly string[];
}

/**
 * Lines of one form. Probabilities are written in full: read back, they are the same float32 numbers. A photo that could not be
 * classified has its reason as `error` and no classes.
 *
 * @param classes - Most classes of each photo, the most probable first.
 */
export function predictionLines(
  format: PredictionFormat,
  classes: number,
  facts: PredictionFacts,
): PredictionLines {
  if (format === "json") return whole(classes, facts);
  const line = { text: textOf, jsonl: jsonLine, csv: csvRow }[format];
  return {
    begin: format === "csv" ? csvLine(columns(classes)) : "",
    line: (prediction) => line(withClasses(prediction, classes, facts), classes),
    end: () => "",
  };
}

function whole(classes: number, facts: PredictionFacts): PredictionLines {
  const photos: Prediction[] = [];
  return {
    begin: "",
    line(prediction) {
      photos.push(withClasses(prediction, classes, facts));
      return "";
    },
    end: () => {
      const { leftOut, ...others } = facts;
      return `${JSON.stringify({ ...others, photos, leftOut }, null, 2)}\n`;
    },
  };
}

function withClasses(prediction: Prediction, count: number, { threshold = -1 }: PredictionFacts): Prediction {
  if ("error" in prediction) return prediction;
  const said = prediction.classes.filter(({ probability }) => probability > threshold);
  return { ...prediction, classes: said.slice(0, count) };
}

function textOf(prediction: Prediction): string {
  if ("error" in prediction) return `${prediction.error}\n`;
  const { file, classes } = prediction;
  return `${classes.length === 0 ? `${file}\n  no class` : probabilityBars(file, classes)}\n`;
}

const jsonLine = (prediction: Prediction): string => `${JSON.stringify(prediction)}\n`;

/** `file,class,probability,class_2,probability_2,…,error`. */
function columns(classes: number): string[] {
  const pairs = Array.from({ length: classes }, (_, i) => {
    const ending = i === 0 ? "" : `_${i + 1}`;
    return [`class${ending}`, `probability${ending}`];
  });
  return ["file", ...pairs.flat(), "error"];
}

function csvRow(prediction: Prediction, classes: number): string {
  if ("error" in prediction)
    return csvLine([prediction.file, ...new Array<string>(2 * classes).fill(""), prediction.error]);
  const cells = prediction.classes.flatMap(({ name, probability }) => [name, probability]);
  const none = new Array<string>(2 * classes - cells.length).fill("");
  return csvLine([prediction.file, ...cells, ...none, ""]);
}

import { CsvError, type Info, parse } from "csv-parse/sync";
import { type Part, partOf } from "../../folders/split-parts.ts";

/** A row of a labels file. */
export interface LabelsRow {
  /** Line of the file, counted from 1: the last one of a row that has several. */
  readonly line: number;
  /** Path of the picture as it is written, with slashes. */
  readonly path: string;
  /** Its labels; empty: none. */
  readonly labels: readonly string[];
  readonly part?: Part;
}

/** A labels file. */
export interface LabelsTable {
  /** Name for messages. */
  readonly name: string;
  readonly rows: readonly LabelsRow[];
  /** Names of all classes, where columns name them; otherwise those of the rows. */
  readonly classes?: readonly string[];
  /** Whether the file says one label of each picture, or any number: a column `label`, or several. */
  readonly kind: "one" | "several";
}

/** Names of a column of paths, the first one that is there. */
const PATHS = ["path", "file", "filename", "file_name", "image"];
/** What labels in one cell of a CSV are separated by. */
const SEPARATOR = /[;|]/;
/** Names of labels files that are found in a folder, the first one that is there. */
export const TABLE_NAMES: readonly string[] = [
  "metadata.csv",
  "metadata.jsonl",
  "labels.csv",
  "labels.jsonl",
];

/** Values by column, and the line. */
interface Line {
  readonly line: number;
  readonly values: ReadonlyMap<string, unknown>;
}

/** What is wrong with a labels file that is one. */
export class LabelsFileError extends Error {}
/** A file without columns of paths and labels: perhaps it is for something else. */
export class NotLabelsError extends LabelsFileError {}

/**
 * Reads a labels file: CSV, with a comma, a semicolon or a tab between columns, or JSON lines.
 *
 * @param name - For messages; its extension decides (`.jsonl` and `.ndjson` are JSON lines).
 * @throws LabelsFileError naming file and line.
 */
export function readTable(name: string, bytes: Uint8Array): LabelsTable {
  const text = decoded(name, bytes);
  const isJson = /\.(jsonl|ndjson|json)$/i.test(name);
  const { columns, lines } = isJson ? jsonLines(name, text) : csvLines(name, text);
  if (lines.length === 0) throw new LabelsFileError(`${name}: expected rows, got none`);
  const path = PATHS.find((one) => columns.includes(one));
  if (path === undefined) {
    throw new NotLabelsError(
      `${name}: expected a column of paths (${PATHS.join(", ")}), got ${columns.join(", ")}`,
    );
  }
  const labels = labelColumns(
    name,
    columns.filter((one) => one !== path && one !== "split"),
    lines,
  );
  const rows = lines.map(({ line, values }): LabelsRow => {
    const at = `${name}:${line}`;
    return {
      line,
      path: pathOf(at, path, values.get(path)),
      labels: labels.of(at, values),
      ...partIn(at, values.get("split")),
    };
  });
  return { name, rows, kind: labels.kind, ...(labels.classes && { classes: labels.classes }) };
}

function decoded(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LabelsFileError(`${name}: expected text in UTF-8, got other bytes; save it as UTF-8`, {
      cause,
    });
  }
}

interface Columns {
  readonly kind: LabelsTable["kind"];
  readonly classes?: readonly string[];
  /** Labels of a row. */
  of(at: string, values: Line["values"]): string[];
}

/** Which columns have the labels. */
function labelColumns(name: string, columns: readonly string[], lines: readonly Line[]): Columns {
  if (columns.includes("label") && columns.includes("labels"))
    throw new LabelsFileError(`${name}: expected a column 'label' or 'labels', got both`);
  if (columns.includes("label"))
    return { kind: "one", of: (at, values) => oneLabel(at, values.get("label")) };
  if (columns.includes("labels"))
    return { kind: "several", of: (at, values) => someLabels(at, values.get("labels")) };
  const marks = new Map([
    ["0", false],
    ["1", true],
  ]);
  const isMark = (value: unknown): boolean => marks.has(String(value));
  const classes = columns.filter((column) => lines.every(({ values }) => isMark(values.get(column))));
  if (classes.length >= 2) {
    const of = (_: string, values: Line["values"]) =>
      classes.filter((column) => marks.get(String(values.get(column))));
    return { kind: "several", classes, of };
  }
  const got = columns.length === 0 ? "none of them" : columns.join(", ");
  throw new NotLabelsError(
    `${name}: expected a column 'label' or 'labels', or one column of 0 and 1 for each class, got ${got}${almost(columns, lines, isMark)}`,
  );
}

/** The cell that keeps a column from being a class', where it is nearly one. */
function almost(
  columns: readonly string[],
  lines: readonly Line[],
  isMark: (value: unknown) => boolean,
): string {
  for (const column of columns) {
    const wrong = lines.filter(({ values }) => !isMark(values.get(column)));
    const [first] = wrong;
    if (first === undefined || wrong.length * 2 > lines.length) continue;
    return ` (line ${first.line}: '${first.values.get(column) ?? ""}' in '${column}')`;
  }
  return "";
}

function oneLabel(at: string, value: unknown): string[] {
  if (Array.isArray(value))
    throw new LabelsFileError(`${at}: expected one label, got a list; several go in 'labels'`);
  const label = textOf(at, "label", value);
  return label === "" ? [] : [label];
}

function someLabels(at: string, value: unknown): string[] {
  const list = Array.isArray(value)
    ? value.map((one) => textOf(at, "labels", one))
    : textOf(at, "labels", value).split(SEPARATOR);
  const labels = list.map((one) => one.trim()).filter((one) => one !== "");
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new LabelsFileError(`${at}: expected each label once, got '${twice}' twice`);
  return labels;
}

function textOf(at: string, column: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.trim().normalize("NFC");
  if (typeof value === "number") return String(value);
  throw new LabelsFileError(
    `${at}: expected a text or a number in '${column}', got ${JSON.stringify(value)}`,
  );
}

function pathOf(at: string, column: string, value: unknown): string {
  const path = textOf(at, column, value).replaceAll("\\", "/");
  if (path !== "") return path;
  throw new LabelsFileError(`${at}: expected a path in '${column}', got nothing`);
}

function partIn(at: string, value: unknown): { part?: Part } {
  if (value === undefined) return {};
  const text = textOf(at, "split", value);
  const part = partOf(text);
  if (part !== undefined) return { part };
  throw new LabelsFileError(`${at}: expected train, val or test in 'split', got '${text}'`);
}

interface Lines {
  /** Names, in lower case unless they are those of classes. */
  readonly columns: readonly string[];
  readonly lines: readonly Line[];
}

const KNOWN = new Set([...PATHS, "label", "labels", "split"]);
const columnName = (name: string): string => {
  const trimmed = name.trim().normalize("NFC");
  return KNOWN.has(trimmed.toLowerCase()) ? trimmed.toLowerCase() : trimmed;
};

function csvLines(name: string, text: string): Lines {
  let records: { record: string[]; info: Info }[];
  try {
    records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as never;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new LabelsFileError(`${name}:${cause.lines}: ${reasonOf(cause)}`, { cause });
  }
  const [header, ...rest] = records;
  const columns = (header?.record ?? []).map(columnName);
  requireOnce(name, header?.info.lines ?? 1, columns);
  return {
    columns,
    lines: rest.map(({ record, info }) => ({
      line: info.lines,
      values: new Map(columns.map((column, i) => [column, record[i]!])),
    })),
  };
}

function reasonOf({ code, message, record }: CsvError & Record<string, unknown>): string {
  if (code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
    const expected = /expect (\d+)/.exec(message)?.[1];
    return `expected ${expected} columns, as in the first row, got ${(record as string[] | undefined)?.length}`;
  }
  if (code === "CSV_QUOTE_NOT_CLOSED") return "expected the end of a quoted text, got the end of the file";
  return `expected CSV, got: ${message}`;
}

/** The delimiter of the first row: a comma, if there is one; else a tab, else a semicolon, as spreadsheets write where a comma is decimal. */
function delimiterOf(text: string): string {
  const [first = ""] = text.split(/\r?\n/, 1);
  return [",", "\t", ";"].find((one) => first.includes(one)) ?? ",";
}

function requireOnce(name: string, line: number, columns: readonly string[]): void {
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined)
    throw new LabelsFileError(`${name}:${line}: expected each column once, got '${twice}' twice`);
}

function jsonLines(name: string, text: string): Lines {
  const columns = new Set<string>();
  const lines = text
    .replace(/^\ufeff/, "")
    .split("\n")
    .flatMap((json, i): Line[] => {
      if (json.trim() === "") return [];
      const value = jsonOf(`${name}:${i + 1}`, json);
      const values = new Map(Object.entries(value).map(([column, one]) => [columnName(column), one]));
      for (const column of values.keys()) columns.add(column);
      return [{ line: i + 1, values }];
    });
  return { columns: [...columns], lines };
}

function jsonOf(at: string, json: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new LabelsFileError(
      `${at}: expected a JSON object on each line, got: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new LabelsFileError(`${at}: expected a JSON object on each line, got ${json.slice(0, 40)}`);
}
